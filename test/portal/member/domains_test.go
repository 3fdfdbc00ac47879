package member_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/dnsserver"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// awaitDomain waits until a page says something about the domains of a blog.
func awaitDomain(p *stack.Platform, v *portaltest.Client, blog string, texts ...string) {
	p.Wait("the page says so", func(context.Context) error {
		seen := v.Get("/account/" + blog + "/")
		for _, text := range texts {
			if !strings.Contains(seen.Body, text) {
				return fmt.Errorf("it does not say %q: %s", text, seen.Body)
			}
		}
		return nil
	})
}

func TestCustomDomain(t *testing.T) {
	t.Parallel()
	dns := dnsserver.Start(t)
	p, site := portaltest.NewSiteWithDNS(t, dns, "*.listed.org")
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.LogIn(t, site, "alice", portaltest.Password)
	check := func() portaltest.Page { return v.Submit("/account/alice/domains/check/", "host", "www.alice.org") }

	added := v.Submit("/account/alice/domains/", "host", " WWW.Alice.org. ").Want(t, http.StatusOK, "Saved.", "<h3>www.alice.org</h3>", "<code>alice."+stack.Domain+"</code>")
	name, value := added.VerificationRecord(t, "www.alice.org")
	if have := p.Tenant("alice").Spec.CustomDomains; !slices.Equal(have, []v1alpha1.CustomDomain{"www.alice.org"}) {
		t.Errorf("the blog has %v", have)
	}
	v.Submit("/account/alice/domains/", "host", "www.alice.org").Want(t, http.StatusOK, "Saved.")
	awaitDomain(p, v, "alice", "Your blog is not served at this domain yet: we have not found the record below.")
	p.Wait("the operator says the same", func(context.Context) error {
		for _, c := range p.Tenant("alice").Status.Conditions {
			if c.Type == v1alpha1.ConditionDomainsReady && strings.Contains(c.Message, fmt.Sprintf("the TXT record %s with the value %q", name, value)) {
				return nil
			}
		}
		return portaltest.ErrNotYet
	})
	p.Wait("the public site has seen it, too", func(context.Context) error { // through its watch
		if !strings.Contains(v.Get("/").Body, "A custom domain of this blog is not set up. Its settings say what to do.") {
			return portaltest.ErrNotYet
		}
		return nil
	})

	check().Want(t, http.StatusUnprocessableEntity, "There is no TXT record _echoblogs.www.alice.org yet")
	dns.Set(name, "something else", value+"x")
	check().Want(t, http.StatusUnprocessableEntity, "has another value. Set it to the value above.")
	dns.Break(dnsserver.ServerFailure)
	check().Want(t, http.StatusUnprocessableEntity, "The DNS servers of www.alice.org did not answer.")
	dns.Break(dnsserver.None)
	dns.Set(name, "something else", value)
	check().Want(t, http.StatusOK, "The record is right. If the domain is not served yet, it will be within 15 minutes.")

	// The operator waits before it looks again; a domain that is added is looked up at once.
	v.Submit("/account/alice/domains/remove/", "host", "www.alice.org").Want(t, http.StatusOK, "Saved.").Without(t, "<h3>www.alice.org</h3>")
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	again := v.Submit("/account/alice/domains/", "host", "www.alice.org").Want(t, http.StatusOK, "Saved.")
	if _, same := again.VerificationRecord(t, "www.alice.org"); same != value {
		t.Errorf("added again, the domain has another record: %q, %q", value, same)
	}
	p.Wait("the blog is at its own domain", func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], "www.alice.org", "/")
		if err == nil && answer.Tenant != "alice" {
			err = fmt.Errorf("%d, %q answers", answer.Status, answer.Tenant)
		}
		return err
	})
	awaitDomain(p, v, "alice", "Your blog is served at this domain.", "Keep this record: it proves that you own the domain", value)

	// A domain that the site lists needs no record.
	v.Submit("/account/alice/domains/", "host", "alice.listed.org").Want(t, http.StatusOK, "Saved.").Without(t, "_echoblogs.alice.listed.org")
	if err := p.AwaitReady(t.Context(), "alice"); err != nil {
		t.Fatal(err)
	}
	for _, left := range [][]v1alpha1.CustomDomain{{"alice.listed.org"}, {}} {
		remove := "www.alice.org"
		if len(left) == 0 {
			remove = "alice.listed.org"
		}
		v.Submit("/account/alice/domains/remove/", "host", remove).Want(t, http.StatusOK, "Saved.")
		if have := p.Tenant("alice").Spec.CustomDomains; !slices.Equal(have, left) {
			t.Errorf("without %s the blog has %v", remove, have)
		}
	}
}

// An owner reads since when a domain is at risk, and why it is gone.
func TestDomainsWithoutTheirRecords(t *testing.T) {
	t.Parallel()
	p, site, _ := portaltest.SharedSiteWithDNS(t)
	alice := portaltest.Name("alice")
	portaltest.AddAccount(t, p, alice)
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	name, value := v.Submit("/account/"+alice+"/domains/", "host", "www."+alice+".org").Want(t, http.StatusOK).VerificationRecord(t, "www."+alice+".org")
	awaitDomain(p, v, alice, "we have not found the record below.")
	for _, state := range []struct{ released, sentence string }{
		{"NULL", "We no longer find the record below. Restore it before 15 March 2026, or your blog loses this domain."},
		{"'2026-03-15'", "Your blog lost this domain on 15 March 2026, because we had not found the record below for seven days. It returns with the record."},
	} {
		p.Wait("the page says: "+state.sentence, func(context.Context) error { // the operator may look the record up in between
			p.Exec(`INSERT INTO public.domains (host, tenant_id, is_primary, proof, checked_at, absent_since, released_at)
				SELECT 'www.' || name || '.org', id, false, 'dns', '2026-03-08', '2026-03-08', `+state.released+`::timestamptz FROM public.tenants WHERE name = $1
				ON CONFLICT (host) DO UPDATE SET proof = excluded.proof, absent_since = excluded.absent_since, released_at = excluded.released_at`, alice)
			if page := v.Get("/account/" + alice + "/"); !strings.Contains(page.Body, state.sentence) || !strings.Contains(page.Body, name) || !strings.Contains(page.Body, value) {
				return errors.New(page.Body)
			}
			return nil
		})
	}
}

func TestDomainsThatAreRefused(t *testing.T) {
	t.Parallel()
	p, site, dns := portaltest.SharedSiteWithDNS(t)
	alice, bobName := portaltest.Name("alice"), portaltest.Name("bob")
	bobCustom, contested := bobName+"."+portaltest.ListedDomain, "www."+bobName+".org"
	portaltest.AddAccount(t, p, alice)
	portaltest.AddAccount(t, p, bobName, withCustomDomain(bobCustom))
	v := portaltest.LogIn(t, site, alice, portaltest.Password)
	for host, sentence := range map[string]string{
		"":                                "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"alice":                           "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"https://www.alice.org/":          "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"www.alice.org:8080":              "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"*.alice.org":                     "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"192.0.2.1":                       "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		"carol." + stack.Domain:           ", which belongs to this site. Enter your own domain.",
		"carol." + stack.OtherDomain:      ", which belongs to this site. Enter your own domain.",
		strings.Repeat("a.", 125) + "org": "is not a host name. Enter one such as www.alice.org, without https:// and without a path.",
		bobCustom:                         "Another blog has this domain",
	} {
		refused := v.Submit("/account/"+alice+"/domains/", "host", host).Want(t, http.StatusUnprocessableEntity, sentence, `id="host-error"`)
		if !strings.Contains(refused.Body, `value="`+host+`"`) {
			t.Errorf("the input is not kept: %q", host)
		}
	}
	v.Submit("/account/"+alice+"/domains/check/", "host", "www.carol.org").Want(t, http.StatusNotFound)

	// Of two blogs that name a domain, the one that proves it gets it.
	bob := portaltest.LogIn(t, site, bobName, portaltest.Password)
	v.Submit("/account/"+alice+"/domains/", "host", contested).Want(t, http.StatusOK)
	name, ofBob := bob.Submit("/account/"+bobName+"/domains/", "host", contested).Want(t, http.StatusOK).VerificationRecord(t, contested)
	bob.Submit("/account/"+bobName+"/domains/remove/", "host", contested).Want(t, http.StatusOK, "Saved.")
	dns.Set(name, ofBob)
	v.Submit("/account/"+alice+"/domains/check/", "host", contested).Want(t, http.StatusUnprocessableEntity, "has another value. Set it to the value above.")
	if err := p.AwaitReady(t.Context(), bobName); err != nil {
		t.Fatal(err)
	}
	bob.Submit("/account/"+bobName+"/domains/", "host", contested).Want(t, http.StatusOK, "Saved.")
	awaitDomain(p, bob, bobName, "<h3>"+contested+"</h3>\n<p>Your blog is served at this domain.")
	v.Get("/account/"+alice+"/").Want(t, http.StatusOK, "Another blog has this domain. If it is yours, contact support.")
	v.Submit("/account/"+alice+"/domains/remove/", "host", contested).Want(t, http.StatusOK, "Saved.")
	v.Submit("/account/"+alice+"/domains/", "host", contested).Want(t, http.StatusUnprocessableEntity, "Another blog has this domain")

	// A blog can have twenty domains.
	for i := range 20 {
		v.Submit("/account/"+alice+"/domains/", "host", fmt.Sprintf("www%d.%s.org", i, alice)).Want(t, http.StatusOK)
	}
	v.Submit("/account/"+alice+"/domains/", "host", "www20."+alice+".org").Want(t, http.StatusUnprocessableEntity, "A blog can have at most 20 custom domains. Remove one first.")
}
