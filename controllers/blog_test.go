package controllers_test

import (
	"context"
	"fmt"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// blogServer is a replica of the blog with its own role's rights.
type blogServer struct{ *blogtest.Replica }

// want requests the home page of a host and checks the response at once.
func (b *blogServer) want(t testing.TB, host string, status int, text string) {
	t.Helper()
	if err := b.In(t).Check(host, "/", status, text); err != nil {
		t.Error(err)
	}
}

// waitBlog waits until a host answers with a status. A blog whose clock was set reads the registry anew first.
func (p *platform) waitBlog(host string, status int, contains string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("%s answers %d", host, status), func(context.Context) error { return p.blog.In(p.t).Check(host, "/", status, contains) })
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
