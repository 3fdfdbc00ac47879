package public_test

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A registration that takes long shows its steps as they come true, and then leads home.
func TestRegistrationShowsItsSteps(t *testing.T) {
	t.Parallel()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	site := p.StartPortal(0)
	v := portaltest.NewClient(t, site)
	release := lock(t, p, "tenants")
	shown := v.Register("alice").Want(t, http.StatusOK, "Creating your blog",
		`<noscript><meta http-equiv="refresh" content="2"></noscript>`, `data-events="/register/progress/events"`,
		`<li id="step.account" data-done>`, `<li id="step.database">`, `<li id="step.domains">`, `<li id="step.route">`, `<li id="step.serving">`)
	if shown.URL.Path != "/register/progress/" {
		t.Fatalf("a registration that takes long leads to %s", shown.URL)
	}
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice", "password", portaltest.Password).
		Want(t, http.StatusUnprocessableEntity, "Your blog is still being created")

	// The script is told, and nobody else.
	if elsewhere := portaltest.NewClient(t, site).Get("/register/progress/events"); elsewhere.Status != http.StatusNotFound {
		t.Errorf("a browser that has not registered gets %d", elsewhere.Status)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+stack.Domain+"/register/progress/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := v.HTTP.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		t.Fatalf("the events are %s, %d", kind, response.StatusCode)
	}
	lines := bufio.NewScanner(response.Body)
	tells := func(event string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), event) {
				return
			}
		}
		t.Fatalf("nobody is told %s: %v", event, lines.Err())
	}
	tells(`{"id":"step.account","done":true},{"id":"step.database","done":false}`)
	release()
	tells(`{"id":"step.database","done":true},{"id":"step.domains","done":true},{"id":"step.route","done":true},{"id":"step.serving","done":false}`)
	p.StartBlog(0)
	p.Wait("the page has nothing more to show", func(context.Context) error {
		// A connection lasts some seconds; browsers make the next by themselves.
		events := v.Get("/register/progress/events")
		if !strings.HasSuffix(events.Body, "event: end\ndata: null\n\n") {
			return errors.New(events.Body)
		}
		return nil
	})

	// The cookie is good for one session.
	stolen := portaltest.NewClient(t, site)
	stolen.HTTP.Jar.SetCookies(shown.URL, v.HTTP.Jar.Cookies(shown.URL))
	v.Get("/register/progress/").Want(t, http.StatusOK, "Welcome, alice", "Your blog is live at http://alice."+stack.Domain)
	stolen.Get("/register/progress/").Want(t, http.StatusOK, `href="/register/"`).Without(t, "Welcome")

	// A field that the registration has left alone can be set, and those that it has set are nobody else's.
	v.Submit("/account/alice/name/", "display_name", "Alice writes").Want(t, http.StatusOK, "Saved.")
	if made := p.Tenant("alice"); made.Spec.DisplayName != "Alice writes" || made.Spec.Owner == nil || made.Spec.Owner.Username != "alice" {
		t.Errorf("the Tenant says %+v", made.Spec)
	}
}
