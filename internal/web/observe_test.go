package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/echoblogs/echoblogs/internal/web"
)

// observed runs handlers behind an Observer and returns what it logs.
func observed(t *testing.T, handler http.HandlerFunc) (*web.Observer, *httptest.Server, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	observer := web.NewObserver("test")
	observer.Log = slog.New(slog.NewJSONHandler(&log, nil))
	observer.AccessLog = true
	observer.Panicked = func(w http.ResponseWriter, id string) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "number "+id)
	}
	server := httptest.NewServer(observer.Wrap(handler))
	t.Cleanup(server.Close)
	return observer, server, &log
}

func get(address string) (int, string, error) {
	response, err := http.Get(address)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

type line struct {
	Level, Msg, Path, ID, Cause, Stack string
	Status, Bytes                      int
}

// lines returns the log after the server has been closed, when everything has been written.
func lines(t *testing.T, server *httptest.Server, log *bytes.Buffer) []line {
	t.Helper()
	server.Close()
	var found []line
	decoder := json.NewDecoder(log)
	for decoder.More() {
		var l line
		if err := decoder.Decode(&l); err != nil {
			t.Fatal(err)
		}
		found = append(found, l)
	}
	return found
}

func TestObserverLogsAndCounts(t *testing.T) {
	t.Parallel()
	observer, server, log := observed(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/none" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, "12345")
	})
	for _, path := range []string{"/a", "/b", "/none"} {
		if _, _, err := get(server.URL + path); err != nil {
			t.Fatal(err)
		}
	}
	got := lines(t, server, log)
	if len(got) != 3 || got[0].Status != 200 || got[0].Path != "/a" || got[0].Bytes != 5 || got[2].Status != 404 {
		t.Errorf("log: %+v", got)
	}
	want := `
# HELP test_requests_total HTTP requests, by status code.
# TYPE test_requests_total counter
test_requests_total{code="200"} 2
test_requests_total{code="404"} 1
`
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(observer)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "test_requests_total"); err != nil {
		t.Error(err)
	}
}

func TestPanicBecomesAPage(t *testing.T) {
	t.Parallel()
	_, server, log := observed(t, func(http.ResponseWriter, *http.Request) { panic("secret reason") })
	status, body, err := get(server.URL + "/a")
	if err != nil || status != http.StatusInternalServerError || strings.Contains(body, "secret") {
		t.Errorf("status %d, %v: %s", status, err, body)
	}
	got := lines(t, server, log)
	if len(got) != 2 || got[0].Level != "ERROR" || got[0].Cause != "secret reason" || !strings.Contains(got[0].Stack, "observe_test.go") {
		t.Fatalf("log: %+v", got)
	}
	if got[0].ID == "" || body != "number "+got[0].ID {
		t.Errorf("the page has %q, the log %q", body, got[0].ID)
	}
}

func TestPanicDuringAResponseClosesTheConnection(t *testing.T) {
	t.Parallel()
	for name, cause := range map[string]any{"fault": "reason", "on purpose": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, server, log := observed(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				fmt.Fprint(w, "half")
				panic(cause)
			})
			if status, body, err := get(server.URL); err == nil {
				t.Errorf("a truncated response looks complete: status %d, %q", status, body)
			}
			faults := 0
			for _, l := range lines(t, server, log) {
				if l.Level == "ERROR" {
					faults++
				}
			}
			if want := map[string]int{"fault": 1, "on purpose": 0}[name]; faults != want {
				t.Errorf("%d faults in the log, want %d", faults, want)
			}
		})
	}
}
