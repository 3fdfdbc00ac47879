package blogtest

import (
	"fmt"
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

// WaitFor waits until a page has a status.
func (p *Platform) WaitFor(host, path string, status int) Response {
	p.T.Helper()
	var got Response
	p.Wait(fmt.Sprintf("%s%s answers %d", host, path, status), func() error {
		if got = p.Get(host, path); got.Status != status {
			return fmt.Errorf("it has the status %d", got.Status)
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
