package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

// addresses waits for what Serve logs when it listens.
type addresses struct {
	mu   sync.Mutex
	b    bytes.Buffer
	told chan string
}

func (a *addresses) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var line struct{ Msg, Address string }
	if json.Unmarshal(p, &line) == nil && line.Msg == "Listening" {
		a.told <- line.Address
	}
	return a.b.Write(p)
}

func TestServeDrainsRequests(t *testing.T) {
	t.Parallel()
	log := &addresses{told: make(chan string, 2)}
	entered, leave := make(chan struct{}), make(chan struct{})
	slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		fmt.Fprint(w, "whole")
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- web.Serve(ctx, slog.New(slog.NewJSONHandler(log, nil)),
			web.Endpoint{Name: "slow", Address: "127.0.0.1:0", Handler: slow},
			web.Endpoint{Name: "other", Address: "127.0.0.1:0", Handler: http.NotFoundHandler()})
	}()
	slowAddress, otherAddress := <-log.told, <-log.told
	if status, _, err := get("http://" + otherAddress); err != nil || status != http.StatusNotFound {
		t.Errorf("the other site answers %d, %v", status, err)
	}
	answer := make(chan string, 1)
	go func() {
		_, body, _ := get("http://" + slowAddress)
		answer <- body
	}()
	<-entered
	stop()
	// New connections are refused, and the request in flight completes.
	deadline := time.After(10 * time.Second)
	for refused := false; !refused; {
		connection, err := net.Dial("tcp", slowAddress)
		if refused = err != nil; !refused {
			connection.Close()
		}
		select {
		case <-deadline:
			t.Fatal("connections are still accepted")
		case err := <-served:
			t.Fatalf("Serve returned before the request ended: %v", err)
		default:
		}
	}
	close(leave)
	if body := <-answer; body != "whole" {
		t.Errorf("the request in flight got %q", body)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeReportsAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	err = web.Serve(t.Context(), slog.New(slog.DiscardHandler),
		web.Endpoint{Name: "first", Address: "127.0.0.1:0", Handler: http.NotFoundHandler()},
		web.Endpoint{Name: "second", Address: taken.Addr().String(), Handler: http.NotFoundHandler()})
	if err == nil || !strings.Contains(err.Error(), "listen for the second") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Serve: %v", err)
	}
}

// Every file that the style sheets name is served, with its type, and browsers may cache it permanently.
func TestFilesOfStyleSheets(t *testing.T) {
	t.Parallel()
	layout, err := web.NewLayout()
	if err != nil {
		t.Fatal(err)
	}
	get := func(address string) *http.Response {
		recorder := httptest.NewRecorder()
		layout.Assets.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, address, nil))
		return recorder.Result()
	}
	css, err := io.ReadAll(get(layout.Assets.Address("site.css")).Body)
	if err != nil {
		t.Fatal(err)
	}
	fonts := regexp.MustCompile(`url\("([^"]*)"\)`).FindAllStringSubmatch(string(css), -1)
	if len(fonts) != 4 {
		t.Errorf("the style sheet names %d files, want 4", len(fonts))
	}
	for _, font := range fonts {
		answer := get(font[1])
		if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "font/woff2" || !strings.Contains(answer.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %v", font[1], answer.StatusCode, answer.Header)
		}
	}
}

func TestMissingAssets(t *testing.T) {
	t.Parallel()
	if _, err := web.LoadAssets(fstest.MapFS{}, "theme.css"); err == nil {
		t.Error("LoadAssets returned no error for a missing asset")
	}
}
