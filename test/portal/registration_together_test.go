package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Of two who ask two replicas for one name at the same moment, one gets it, and the other reads that it is taken.
func TestRegisterOneNameTwice(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	other := p.StartPortal(1, "--registrations-per-hour=1000", "--refused-registrations-per-hour=1000")
	for i := range 5 {
		name := fmt.Sprintf("twin-%d", i)
		first, second := newVisitor(t, site), newVisitor(t, other)
		answers := []func() (page, error){first.send(name), second.send(name)}
		won := 0
		for i, v := range []*visitor{first, second} {
			shown, err := answers[i]()
			if err != nil {
				t.Fatal(err)
			}
			if shown.Status == http.StatusUnprocessableEntity {
				shown.want(t, http.StatusUnprocessableEntity, "The name "+name+" is taken")
				continue
			}
			v.home(p, shown).want(t, http.StatusOK, "Welcome, "+name)
			won++
		}
		if won != 1 {
			t.Errorf("%d of two got the name %s", won, name)
		}
	}
}

// A Tenant that is made by kubectl at the same moment as a registration's is not taken over.
func TestRegisterANameThatKubectlTakes(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	proxy := p.ProxyPortalAPI()
	site := p.StartPortal(0)
	proxy.Stall()
	answer := newVisitor(t, site).send("alice")
	waitCount(p, "the account is written down", 1, `SELECT count(*) FROM public.registrations WHERE username = 'alice'`)
	if err := p.Create(t.Context(), tenant("alice")); err != nil {
		t.Fatal(err)
	}
	proxy.Restore()
	shown, err := answer()
	if err != nil {
		t.Fatal(err)
	}
	shown.want(t, http.StatusUnprocessableEntity, "taken by somebody else")
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
	waitCount(p, "the account is gone", 0, `SELECT count(*) FROM public.users`)
}

// from sends a form as a proxy does that is trusted.
func (v *visitor) from(address, path string, fields ...string) page {
	v.t.Helper()
	header := formHeader.Clone()
	header.Set("X-Forwarded-For", address)
	return v.do(http.MethodPost, path, formBody(fields...), header)
}

var formHeader = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}

// formBody encodes fields, which are names and values in turn.
func formBody(fields ...string) *strings.Reader {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return strings.NewReader(form.Encode())
}

func TestFiftyRegisterAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	site := p.StartPortal(0, "--trusted-proxies=127.0.0.1", "--registrations-per-hour=1")
	const people = 50
	visitors := make([]*visitor, people)
	answers := make([]page, people)
	var running sync.WaitGroup
	for i := range people {
		visitors[i] = newVisitor(t, site)
		running.Go(func() {
			header := formHeader.Clone()
			header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", i+1))
			var err error
			answers[i], err = visitors[i].try(t.Context(), http.MethodPost, "/register/", formBody(registration(fmt.Sprintf("person-%d", i))...), header)
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	for i, v := range visitors {
		v.home(p, answers[i]).want(t, http.StatusOK, fmt.Sprintf("Your blog is live at http://person-%d.%s", i, stack.Domain))
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
	p, site := newSite(t, flags...)
	const ours, theirs = "2001:db8::1", "2001:db8:1::1"
	for i := range 2 {
		v := newVisitor(t, site)
		v.home(p, v.from(ours, "/register/", registration(fmt.Sprintf("alice-%d", i))...)).want(t, http.StatusOK, "Welcome")
	}
	// Counts hold across restarts, and for all addresses that one customer has.
	site.Kill()
	site = p.StartPortal(0, flags...)
	limited := newVisitor(t, site).from("2001:db8::2", "/register/", registration("alice-3")...)
	limited.want(t, http.StatusTooManyRequests, "Too many attempts", "Wait")
	if seconds, err := strconv.Atoi(limited.Header.Get("Retry-After")); err != nil || seconds < 3000 || seconds > 3600 {
		t.Errorf("Retry-After is %q", limited.Header.Get("Retry-After"))
	}
	v := newVisitor(t, site)
	v.home(p, v.from(theirs, "/register/", registration("bob")...)).want(t, http.StatusOK, "Welcome, bob")

	for range 3 {
		newVisitor(t, site).from(ours, "/register/", registration("bob")...).want(t, http.StatusUnprocessableEntity, "taken")
	}
	newVisitor(t, site).from(ours, "/register/", registration("bob")...).want(t, http.StatusTooManyRequests, "Too many attempts")
	newVisitor(t, site).from(theirs, "/register/", registration("bob")...).want(t, http.StatusUnprocessableEntity, "taken")
}
