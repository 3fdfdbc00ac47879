package blogtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog"
)

// Replica is one replica of the blog, which runs in the process of the test and is served on loopback.
type Replica struct {
	*blog.Blog
	// Address is where it is served, HOST:PORT.
	Address string

	t      testing.TB
	client *http.Client
}

// StartReplica starts a replica, which ends with the test. It does not log.
func StartReplica(t testing.TB, o blog.Options) *Replica {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	served, err := blog.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served.Handler())
	r := &Replica{Blog: served, Address: server.Listener.Addr().String(), t: t, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		served.Run(ctx)
	}()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		server.Close()
		cancel()
		<-stopped
		served.Close()
	})
	return r
}

// In returns the same replica for a subtest, or for one input of a fuzz target.
func (r *Replica) In(t testing.TB) *Replica {
	t.Helper()
	other := *r
	other.t = t
	return &other
}

// Get requests a page. Redirects are not followed.
func (r *Replica) Get(host, path string) Response {
	r.t.Helper()
	return r.Do(http.MethodGet, host, path, nil)
}

// Do sends a request without a body.
func (r *Replica) Do(method, host, path string, header http.Header) Response {
	r.t.Helper()
	return r.send(method, host, path, nil, header)
}

func (r *Replica) send(method, host, path string, body io.Reader, header http.Header) Response {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.Address+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	request.Host = host
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := r.client.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return Response{response.StatusCode, response.Header, string(content)}
}

// Check returns an error unless a page has a status and contains a text.
func (r *Replica) Check(host, path string, status int, text string) error {
	r.t.Helper()
	if got := r.Get(host, path); got.Status != status || !strings.Contains(got.Body, text) {
		return fmt.Errorf("%s%s has the status %d, want %d with %q:\n%s", host, path, got.Status, status, text, got.Body)
	}
	return nil
}
