package blogtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Response is a response of the blog.
type Response struct {
	Status int
	Header http.Header
	Body   string
}

// Get requests a page.
func (p *Platform) Get(host, path string) Response {
	p.T.Helper()
	return p.Do(http.MethodGet, host, path, nil)
}

// Do sends a request without a body.
func (p *Platform) Do(method, host, path string, header http.Header) Response {
	p.T.Helper()
	return p.send(method, host, path, nil, header)
}

func (p *Platform) send(method, host, path string, body io.Reader, header http.Header) Response {
	p.T.Helper()
	request, err := http.NewRequestWithContext(p.T.Context(), method, "http://"+p.Address+path, body)
	if err != nil {
		p.T.Fatal(err)
	}
	request.Host = host
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := p.client.Do(request)
	if err != nil {
		p.T.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		p.T.Fatal(err)
	}
	return Response{response.StatusCode, response.Header, string(content)}
}

// WaitFor waits until a page has a status.
func (p *Platform) WaitFor(host, path string, status int) Response {
	p.T.Helper()
	var got Response
	p.Wait(fmt.Sprintf("%s%s answers %d", host, path, status), func() error {
		if got = p.Get(host, path); got.Status != status {
			return fmt.Errorf("it answers %d", got.Status)
		}
		return nil
	})
	return got
}

// WaitText waits until a page contains some texts, and lacks others.
func (p *Platform) WaitText(host, path string, texts, not []string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s%s contains %q", host, path, texts), func() error {
		page := p.Get(host, path)
		for _, text := range texts {
			if !strings.Contains(page.Body, text) {
				return fmt.Errorf("it lacks %q:\n%s", text, page.Body)
			}
		}
		for _, text := range not {
			if strings.Contains(page.Body, text) {
				return fmt.Errorf("it contains %q:\n%s", text, page.Body)
			}
		}
		return nil
	})
}

// Want checks the status of a response, the tenant that it is for, and texts of the page.
func (r Response) Want(t testing.TB, status int, tenant string, texts ...string) {
	t.Helper()
	if named := r.Header.Get("Echoblogs-Tenant"); r.Status != status || named != tenant {
		t.Errorf("status %d for tenant %q, want %d for %q", r.Status, named, status, tenant)
	}
	for _, text := range texts {
		if !strings.Contains(r.Body, text) {
			t.Errorf("the page lacks %q:\n%s", text, r.Body)
		}
	}
}

// WantRedirect checks that a response is a permanent redirect.
func (r Response) WantRedirect(t testing.TB, to string) {
	t.Helper()
	r.wantLocation(t, http.StatusMovedPermanently, to)
}

// WantSeeOther checks that a response redirects with GET.
func (r Response) WantSeeOther(t testing.TB, to string) {
	t.Helper()
	r.wantLocation(t, http.StatusSeeOther, to)
}

func (r Response) wantLocation(t testing.TB, status int, to string) {
	t.Helper()
	if location := r.Header.Get("Location"); r.Status != status || location != to {
		t.Fatalf("status %d to %q, want %d to %q:\n%s", r.Status, location, status, to, r.Body)
	}
}
