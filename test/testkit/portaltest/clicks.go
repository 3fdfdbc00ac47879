package portaltest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
)

// patience is how often a further click is repeated that has waited too long for the first.
const patience = 5

// Click submits a form without following redirects.
func (c *Client) Click(ctx context.Context, path string, fields ...string) (Page, error) {
	client, alike := *c.HTTP, *c
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	alike.HTTP = &client
	return alike.Try(ctx, http.MethodPost, path, FormBody(fields...), FormHeader.Clone())
}

// clickAway submits a form and does not wait for the answer, as a browser does that sends the form again.
func (c *Client) clickAway(path string, fields ...string) {
	c.t.Helper()
	ctx, leave := context.WithCancel(c.t.Context())
	defer leave()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { leave() }})
	if _, err := c.Click(ctx, path, fields...); err != nil && !errors.Is(err, context.Canceled) {
		c.t.Error(err)
	}
}

// WantOnce clicks a button four times: once without waiting for the answer, twice at the same time, and once after that. It
// fails the test unless all get the same answer.
func (c *Client) WantOnce(status int, location, text, path string, fields ...string) {
	c.t.Helper()
	c.clickAway(path, fields...)
	var (
		answers [3]Page
		clicks  sync.WaitGroup
	)
	send := func(i int) {
		for range patience { // on a busy machine, the first click takes longer than another one waits
			var err error
			if answers[i], err = c.Click(c.t.Context(), path, fields...); err != nil {
				c.t.Error(err)
			}
			if answers[i].Status != http.StatusServiceUnavailable {
				return
			}
		}
	}
	for i := range 2 {
		clicks.Go(func() { send(i) })
	}
	clicks.Wait()
	send(2)
	for _, answer := range answers {
		answer.Want(c.t, status, text)
		if to := answer.Header.Get("Location"); to != location {
			c.t.Errorf("%s leads to %q, want %q", answer.URL, to, location)
		}
		if answer.Body != answers[0].Body {
			c.t.Errorf("%s has two answers:\n%s\n%s", answer.URL, answers[0].Body, answer.Body)
		}
	}
}

// WantNotTheirs submits a form that another browser has submitted, and fails the test if the answer contains more than the ID
// of this browser.
func (c *Client) WantNotTheirs(status int, text, path string, fields ...string) {
	c.t.Helper()
	got, err := c.Click(c.t.Context(), path, fields...)
	if err != nil {
		c.t.Fatal(err)
	}
	got.Want(c.t, status, text)
	for _, cookie := range got.Cookies {
		if !strings.HasSuffix(cookie.Name, "browser") && cookie.MaxAge >= 0 {
			c.t.Errorf("another browser gets the cookie %s", cookie.Name)
		}
	}
}
