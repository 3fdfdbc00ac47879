package controllers_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/internal/blog"
)

// blogServer is one replica of the real blog.
type blogServer struct {
	*blog.Blog
	address string
}

// startBlog runs the blog with its own role's rights.
func startBlog(t testing.TB, options blog.Options) *blogServer {
	t.Helper()
	options.ReaderConns, options.Log = 2, slog.New(slog.DiscardHandler)
	served, err := blog.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		served.Run(ctx)
		close(done)
	}()
	server := httptest.NewServer(served.Handler())
	t.Cleanup(func() {
		server.Close()
		cancel()
		<-done
		served.Close()
	})
	return &blogServer{Blog: served, address: strings.TrimPrefix(server.URL, "http://")}
}

// get asks for the first page of a host.
func (b *blogServer) get(t testing.TB, host, path string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+b.address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// want asks for the first page of a host and checks the answer at once.
func (b *blogServer) want(t testing.TB, host string, status int, contains string) {
	t.Helper()
	if err := b.check(t, host, status, contains); err != nil {
		t.Error(err)
	}
}

func (b *blogServer) check(t testing.TB, host string, status int, contains string) error {
	t.Helper()
	response, body := b.get(t, host, "/")
	if response.StatusCode != status || !strings.Contains(body, contains) {
		return fmt.Errorf("%s answers %d, want %d with %q:\n%s", host, response.StatusCode, status, contains, body)
	}
	return nil
}

// waitBlog waits until a host answers with a status. A blog whose clock was set reads the registry anew first.
func (p *platform) waitBlog(host string, status int, contains string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("%s answers %d", host, status), func(context.Context) error { return p.blog.check(p.t, host, status, contains) })
}

// wantEvent waits for an event about an object.
func (p *platform) wantEvent(name, reason string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("there is an event %s about %s", reason, name), func(context.Context) error {
		var events eventsv1.EventList
		if err := p.Client.List(p.t.Context(), &events, client.InNamespace(p.Namespace)); err != nil {
			return err
		}
		var seen []string
		for _, event := range events.Items {
			if event.Regarding.Name == name && event.Reason == reason && event.Note != "" {
				return nil
			}
			seen = append(seen, event.Regarding.Name+" "+event.Reason)
		}
		return fmt.Errorf("there are %v", seen)
	})
}
