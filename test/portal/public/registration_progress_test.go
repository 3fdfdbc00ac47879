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

// A slow sign-up shows its steps as they complete, and then redirects to the home page.
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
		t.Fatalf("a slow sign-up leads to %s", shown.URL)
	}
	portaltest.NewClient(t, site).Submit("/login/", "username", "alice", "password", portaltest.Password).
		Want(t, http.StatusUnprocessableEntity, "Your blog is still being created")

	// The events are for the browser that has signed up only.
	if elsewhere := portaltest.NewClient(t, site).Get("/register/progress/events"); elsewhere.Status != http.StatusNotFound {
		t.Errorf("another browser gets the status %d", elsewhere.Status)
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
	wantEvent := func(event string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), event) {
				return
			}
		}
		t.Fatalf("there is no event %s: %v", event, lines.Err())
	}
	wantEvent(`{"id":"step.account","done":true},{"id":"step.database","done":false}`)
	release()
	wantEvent(`{"id":"step.database","done":true},{"id":"step.domains","done":true},{"id":"step.route","done":true},{"id":"step.serving","done":false}`)
	p.StartBlog(0)
	p.Wait("the events have ended", func(context.Context) error {
		// The server closes the connection after some seconds, and browsers reconnect.
		events := v.Get("/register/progress/events")
		if !strings.HasSuffix(events.Body, "event: end\ndata: null\n\n") {
			return errors.New(events.Body)
		}
		return nil
	})

	// The cookie creates one session only.
	stolen := portaltest.NewClient(t, site)
	stolen.HTTP.Jar.SetCookies(shown.URL, v.HTTP.Jar.Cookies(shown.URL))
	v.Get("/register/progress/").Want(t, http.StatusOK, "Welcome, alice", "Your blog is live at http://alice."+stack.Domain)
	stolen.Get("/register/progress/").Want(t, http.StatusOK, `href="/register/"`).Without(t, "Welcome")

	// The owner can set a field that the sign-up did not set. Those that it did set are unchanged.
	v.SubmitForm("/account/alice/", "/account/alice/name/", "display_name", "Alice writes").Want(t, http.StatusOK, "Saved.")
	if made := p.Tenant("alice"); made.Spec.DisplayName != "Alice writes" || made.Spec.Owner == nil || made.Spec.Owner.Username != "alice" {
		t.Errorf("the Tenant says %+v", made.Spec)
	}
}
