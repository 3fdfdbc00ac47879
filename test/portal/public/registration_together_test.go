package public_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Of two concurrent sign-ups for one name at two replicas, one succeeds, and the other one fails with "taken".
func TestRegisterOneNameTwice(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	other := p.StartPortal(1, "--registrations-per-hour=1000", "--refused-registrations-per-hour=1000")
	for i := range 5 {
		name := fmt.Sprintf("twin-%d", i)
		first, second := portaltest.NewClient(t, site), portaltest.NewClient(t, other)
		answers := []func() (portaltest.Page, error){first.SendRegistration(name), second.SendRegistration(name)}
		won := 0
		for i, v := range []*portaltest.Client{first, second} {
			shown, err := answers[i]()
			if err != nil {
				t.Fatal(err)
			}
			if shown.Status == http.StatusUnprocessableEntity {
				shown.Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
				continue
			}
			v.AwaitHome(p, shown).Want(t, http.StatusOK, "Welcome, "+name)
			won++
		}
		if won != 1 {
			t.Errorf("%d of two got the name %s", won, name)
		}
	}
}

// A Tenant that kubectl creates during a sign-up of the same name is not taken over.
func TestRegisterANameTakenByKubectl(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	proxy := p.ProxyPortalAPI()
	site := p.StartPortal(0)
	proxy.Stall()
	answer := portaltest.NewClient(t, site).SendRegistration("alice")
	p.WaitCount("the account exists", 1, `SELECT count(*) FROM public.registrations WHERE username = 'alice'`)
	if err := p.Create(t.Context(), tenant("alice")); err != nil {
		t.Fatal(err)
	}
	proxy.Restore()
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	shown.Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	var theirs v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key("alice"), &theirs); err != nil {
		t.Fatal(err)
	}
	if theirs.Spec.Owner != nil || len(theirs.Annotations) != 0 {
		t.Errorf("the Tenant has the owner %v and the annotations %v", theirs.Spec.Owner, theirs.Annotations)
	}
	p.WaitCount("the account is gone", 0, `SELECT count(*) FROM public.users`)
}

// On a machine that is too busy for fifty, a person may be asked to try again. The same form works then.
func TestFiftyRegisterAtOnce(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	site := p.StartPortal(0, "--trusted-proxies=127.0.0.1", "--registrations-per-hour=1")
	const people = 50
	visitors := make([]*portaltest.Client, people)
	answers := make([]portaltest.Page, people)
	var running sync.WaitGroup
	for i := range people {
		visitors[i] = portaltest.NewClient(t, site)
		running.Go(func() {
			header := portaltest.FormHeader.Clone()
			header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i+1))
			for range 5 {
				var err error
				answers[i], err = visitors[i].Try(t.Context(), http.MethodPost, "/register/", portaltest.FormBody(portaltest.Registration(fmt.Sprintf("person-%d", i))...), header)
				if err != nil {
					t.Error(err)
				}
				if answers[i].Status != http.StatusServiceUnavailable {
					return
				}
				answers[i].Want(t, http.StatusServiceUnavailable, "Nothing was changed.", "Try again in a few seconds.")
			}
		})
	}
	running.Wait()
	for i, v := range visitors {
		v.AwaitHome(p, answers[i]).Want(t, http.StatusOK, fmt.Sprintf("Your blog is live at http://person-%d.%s", i, stack.Domain))
	}
	var tenants v1alpha1.TenantList
	if err := p.Client.List(t.Context(), &tenants, client.InNamespace(p.Namespace)); err != nil {
		t.Fatal(err)
	}
	if len(tenants.Items) != people {
		t.Errorf("%d people have %d Tenants", people, len(tenants.Items))
	}
	for i := range people {
		if live, err := outcome(t.Context(), p, fmt.Sprintf("person-%d", i)); err != nil || !live {
			t.Errorf("person-%d: live %v, %v", i, live, err)
		}
	}
}

func TestRegistrationsOfOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	flags := []string{"--trusted-proxies=127.0.0.1", "--registrations-per-hour=2", "--refused-registrations-per-hour=3"}
	p, site := portaltest.NewSite(t, flags...)
	const ours, theirs = "2001:db8::1", "2001:db8:1::1"
	for i := range 2 {
		v := portaltest.NewClient(t, site)
		v.AwaitHome(p, v.SubmitFrom(ours, "/register/", portaltest.Registration(fmt.Sprintf("alice-%d", i))...)).Want(t, http.StatusOK, "Welcome")
	}
	// The limit holds across restarts, and for all IP addresses in one prefix.
	site.Kill()
	site = p.StartPortal(0, flags...)
	limited := portaltest.NewClient(t, site).SubmitFrom("[2001:db8::2]:5678", "/register/", portaltest.Registration("alice-3")...)
	limited.Want(t, http.StatusTooManyRequests, "Too many attempts", "Too many sign-ups from your network.")
	if seconds, err := strconv.Atoi(limited.Header.Get("Retry-After")); err != nil || seconds < 3000 || seconds > 3600 {
		t.Errorf("Retry-After is %q", limited.Header.Get("Retry-After"))
	}
	v := portaltest.NewClient(t, site)
	v.AwaitHome(p, v.SubmitFrom(theirs, "/register/", portaltest.Registration("bob")...)).Want(t, http.StatusOK, "Welcome, bob")

	for range 3 {
		portaltest.NewClient(t, site).SubmitFrom(ours, "/register/", portaltest.Registration("bob")...).Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
	}
	portaltest.NewClient(t, site).SubmitFrom(ours, "/register/", portaltest.Registration("bob")...).Want(t, http.StatusTooManyRequests, "Too many attempts")
	portaltest.NewClient(t, site).SubmitFrom(theirs, "/register/", portaltest.Registration("bob")...).Want(t, http.StatusUnprocessableEntity, "This name is taken. Choose another one.")
}
