package operatortest

import (
	"context"
	"fmt"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// WantBlog requests the home page of a host and checks the response at once.
func (p *Platform) WantBlog(host string, status int, text string) {
	p.T.Helper()
	if err := p.Blog.In(p.T).Check(host, "/", status, text); err != nil {
		p.T.Error(err)
	}
}

// WaitBlog waits until the home page of a host has a status and contains a text. After a change of the clock, the blog
// first has to read the registry.
func (p *Platform) WaitBlog(host string, status int, contains string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s has the status %d", host, status), func(context.Context) error { return p.Blog.In(p.T).Check(host, "/", status, contains) })
}

// WantEvent waits for an event about an object.
func (p *Platform) WantEvent(name, reason string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("there is an event %s about %s", reason, name), func(context.Context) error {
		var events eventsv1.EventList
		if err := p.Client.List(p.T.Context(), &events, client.InNamespace(p.Namespace)); err != nil {
			return err
		}
		var seen []string
		for _, event := range events.Items {
			if event.Regarding.Name == name && event.Reason == reason && event.Note != "" {
				return nil
			}
			seen = append(seen, event.Regarding.Name+" "+event.Reason)
		}
		return fmt.Errorf("the events are %v", seen)
	})
}

// WantNoIngress fails the test if a Tenant has an Ingress.
func (p *Platform) WantNoIngress(tenant string) {
	p.T.Helper()
	err := p.Client.Get(p.T.Context(), p.Key(routing.TenantIngressName(tenant)), &networkingv1.Ingress{})
	if !apierrors.IsNotFound(err) {
		p.T.Errorf("read the Ingress of %s: %v, want that there is none", tenant, err)
	}
}

// PassMinute advances the clock by a minute and reconciles the Platform, which checks all Tenants.
func (p *Platform) PassMinute() {
	p.T.Helper()
	p.Clock.SetTime(p.Clock.Now().Add(time.Minute))
	p.EditPlatform(AnnotatePlatform("test/nudge", p.Clock.Now().String()))
}

// Notes returns the notes of the events about an object that have a reason.
func (p *Platform) Notes(name, reason string) (notes []string) {
	p.T.Helper()
	var events eventsv1.EventList
	if err := p.Client.List(p.T.Context(), &events, client.InNamespace(p.Namespace)); err != nil {
		p.T.Fatal(err)
	}
	for _, event := range events.Items {
		if event.Regarding.Name == name && event.Reason == reason {
			notes = append(notes, event.Note)
		}
	}
	return notes
}

// WaitVersion waits until a Tenant is Ready and its schema has a version.
func (p *Platform) WaitVersion(name string, version string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s is at version %s", name, version), func(context.Context) error {
		tenant := p.Tenant(name)
		if err := platformtest.HasCondition(tenant.Status.Conditions, tenant.Generation, v1alpha1.ConditionReady, metav1.ConditionTrue, ""); err != nil {
			return err
		}
		if tenant.Status.SchemaVersion != version {
			return fmt.Errorf("it is at %s", tenant.Status.SchemaVersion)
		}
		return nil
	})
}

// NoBlog is the title of the page for an unknown host.
const NoBlog = "<title>There is no blog at this address</title>"

// Title is the heading of the home page of a blog with a display name.
func Title(displayName string) string {
	return `<h1 class="site" dir="auto" lang=""><a href="/" aria-current="page">` + displayName + "</a></h1>"
}

// SuspendedTitle is the title of every page of a suspended blog with a display name.
func SuspendedTitle(displayName string) string {
	return "<title>This blog is suspended · " + displayName + "</title>"
}
