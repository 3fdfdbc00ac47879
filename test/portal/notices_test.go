package portal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// paidFor makes a Tenant paid until so many days from today.
func paidFor(days int) func(*v1alpha1.Tenant) {
	return func(tenant *v1alpha1.Tenant) {
		tenant.Spec.PaidUntil = v1alpha1.NewDate(time.Now().UTC().AddDate(0, 0, days))
	}
}

// subjects returns to whom which mails went, sorted.
func subjects(t *testing.T, site *stack.Portal) []string {
	t.Helper()
	sent, err := letters(site)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range sent {
		list = append(list, strings.Trim(l.To, "<>")+": "+l.Subject)
	}
	slices.Sort(list)
	return list
}

// Each owner is told once what is due, across restarts and replicas.
func TestReminders(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format("2 January 2006") }
	var want []string
	for name, due := range map[string]struct {
		days    int
		subject string // of the mail. Empty: none
	}{
		"later":   {31, ""},
		"month":   {30, "Your blog month is paid until " + day(30)},
		"week":    {7, "Your blog week is paid until " + day(7)},
		"between": {3, "Your blog between is paid until " + day(3)},
		"morrow":  {1, "Your blog morrow is paid until " + day(1)},
		"grace":   {-1, "The paid time of your blog grace is over"},
		"warned":  {-13, "Your blog warned is about to be suspended"},
		"over":    {-20, ""},
	} {
		addAccount(t, p, name, paidFor(due.days))
		if due.subject != "" {
			want = append(want, name+"@example.org: "+due.subject)
		}
	}
	addAccount(t, p, "byhand", paidFor(7), func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) })
	slices.Sort(want)

	site := p.StartPortal(0)
	p.Wait("every owner is told", func(context.Context) error {
		if got := subjects(t, site); !slices.Equal(got, want) {
			return fmt.Errorf("mails:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return nil
	})
	sent := waitLetters(p, site, "grace@example.org", "The paid time of your blog grace is over", 1)
	for _, text := range []string{"From " + day(14) + " on", "http://grace." + stack.Domain + "/", "http://" + stack.Domain + "/account/"} {
		if !strings.Contains(sent.Body, text) {
			t.Errorf("the mail does not say %q:\n%s", text, sent.Body)
		}
	}

	// Another replica, and one that starts anew, look at the same tenants and at one more, whose name comes last.
	site.Kill()
	addAccount(t, p, "zoe", paidFor(1))
	again, other := p.StartPortal(0), p.StartPortal(1)
	p.Wait("the last one is told", func(context.Context) error {
		got := append(subjects(t, again), subjects(t, other)...)
		if !slices.Equal(got, []string{"zoe@example.org: Your blog zoe is paid until " + day(1)}) {
			return fmt.Errorf("mails:\n%s", strings.Join(got, "\n"))
		}
		return nil
	})
}

// Whoever a Tenant names as its owner is invited, once, and then has an account.
func TestInvitation(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	owned := func(name string, owner *v1alpha1.TenantOwner) {
		t.Helper()
		tenant := &v1alpha1.Tenant{}
		tenant.Name, tenant.Spec.Owner = name, owner
		if err := errors.Join(p.Create(t.Context(), tenant), p.AwaitReady(t.Context(), name)); err != nil {
			t.Fatal(err)
		}
	}
	owned("nobodys", nil)
	owned("unreachable", &v1alpha1.TenantOwner{Username: "erin"})
	addAccount(t, p, "bob")
	owned("bobs-other", &v1alpha1.TenantOwner{Username: "bob", Email: "other@example.org"})
	owned("zoe", &v1alpha1.TenantOwner{Username: "zoe", Email: "Zoe@example.org"})

	site := p.StartPortal(0)
	// The name of an owner who has no account yet is not to be had by somebody else.
	newVisitor(t, site).register("erin").want(t, http.StatusUnprocessableEntity, "taken")
	mail := waitLetters(p, site, "Zoe@example.org", "Your blog zoe is ready", 1)
	link := mail.link(t, "/invite/")
	v := newVisitor(t, site)
	v.get(link).want(t, http.StatusOK, "Welcome, zoe")
	v.get("/invite/?token=wrong").want(t, http.StatusGone, "This link is used up")
	v.submit("/invite/", "token", token(link), "password", "short", "confirm_password", "short").want(t, http.StatusUnprocessableEntity, "Use at least 10 characters")
	v.submit("/invite/", "token", token(link), "password", secret, "confirm_password", secret).want(t, http.StatusOK, "Welcome, zoe", "http://zoe."+stack.Domain)
	if seen := v.get("/account/").want(t, http.StatusOK, "Zoe@example.org"); !strings.Contains(seen.Body, "Zoe@example.org, confirmed") {
		t.Errorf("the address is not confirmed:\n%s", seen.Body)
	}
	newVisitor(t, site).submit("/invite/", "token", token(link), "password", secret, "confirm_password", secret).want(t, http.StatusGone)
	logIn(t, site, "zoe", secret)

	// A replica that starts anew invites nobody again, but who is new.
	site.Kill()
	owned("zz", &v1alpha1.TenantOwner{Username: "zz", Email: "zz@example.org"})
	again := p.StartPortal(0)
	waitLetters(p, again, "zz@example.org", "Your blog zz is ready", 1)
	again.Kill()
	third := p.StartPortal(0)
	owned("zzz", &v1alpha1.TenantOwner{Username: "zzz", Email: "zzz@example.org"})
	waitLetters(p, third, "zzz@example.org", "Your blog zzz is ready", 1)
	if got := append(subjects(t, again), subjects(t, third)...); len(got) != 2 {
		t.Errorf("mails: %v", got)
	}
}
