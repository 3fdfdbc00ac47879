package public_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// reached is how pages link to the contact.
const reached = `contact support (<a href="mailto:help@example.org">help@example.org</a>)`

func setContact(address string) func(*v1alpha1.Platform) {
	return func(object *v1alpha1.Platform) { object.Spec.Contact = address }
}

// Pages and mails that tell users to contact support say how.
func TestContact(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	p.EditPlatform(setContact("mailto:help@example.org"))
	portaltest.AddAccount(t, p, "alice", platformtest.PaidFor(-1))
	portaltest.AddAccount(t, p, "bob", func(tenant *v1alpha1.Tenant) { tenant.Spec.DisplayName = "Bob" })
	portaltest.AddAccount(t, p, "carol")
	p.Exec(`UPDATE public.users SET state = 'locked' WHERE username = 'carol'`)
	site := p.StartPortal(0)

	alice := portaltest.LogIn(t, site, "alice", portaltest.Password)
	for _, path := range []string{"/", "/account/", "/account/alice/"} {
		alice.Get(path).Want(t, http.StatusOK, "you cannot write. To continue, "+reached+".")
	}
	mail := portaltest.WaitMails(p, site, "alice@example.org", "Your plan for alice has ended", 1)
	if !strings.Contains(mail.Body, "support at help@example.org.") {
		t.Errorf("the mail does not name the contact:\n%s", mail.Body)
	}

	bob := portaltest.LogIn(t, site, "bob", portaltest.Password)
	bob.Get("/account/bob/delete/").Want(t, http.StatusOK, "To restore the blog before then, "+reached+"; afterwards it cannot be restored.")
	bob.Get("/account/bob/").Want(t, http.StatusOK, "Change this line there, or "+reached+":")
	challenge := strings.Repeat("a", 43)
	bob.Get("/authorize/?host=alice."+stack.Domain+"&challenge="+challenge).Want(t, http.StatusForbidden, "Otherwise "+reached+".")

	visitor := portaltest.NewClient(t, site)
	visitor.Submit("/login/", "username", "carol", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "This account is locked. C"+reached[1:]+".")
	visitor.Get("/invite/?token=none").Want(t, http.StatusGone, "Otherwise "+reached+" for another link.")
	visitor.Get("/").Want(t, http.StatusOK).Without(t, reached)
	setRegistration(t, p, visitor, v1alpha1.RegistrationInvite, `Sign-up is by invitation. <a href="mailto:help@example.org">Ask for a code</a>`)
	visitor.Register("dave").Want(t, http.StatusUnprocessableEntity)
	setRegistration(t, p, visitor, v1alpha1.RegistrationClosed, `<a class="button" href="mailto:help@example.org">Contact support</a>`)
	visitor.Get("/").Want(t, http.StatusOK, "Sign-up is closed. To get a blog anyway, "+reached+".")

	// A changed contact shows without a restart: immediately here, and within seconds on the blog.
	visitor.RouteToBlog(p, "alice."+stack.Domain)
	if err := p.Edit(t.Context(), "alice", func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) }); err != nil {
		t.Fatal(err)
	}
	blog := "http://alice." + stack.Domain + "/"
	for address, wants := range map[string]map[string]string{
		"https://example.org/help": {
			"/register/": `<a class="button" href="https://example.org/help">Contact support</a>`,
			blog:         `renew it or contact support (<a href="https://example.org/help">example.org/help</a>). It will be available again within seconds.`,
		},
		"": {"/register/": "<p class=\"step\">If you already have an account, log in.</p>\n</div>", blog: "renew it or contact support. It will be available again within seconds."},
	} {
		p.EditPlatform(setContact(address))
		for path, want := range wants {
			p.Wait(fmt.Sprintf("%s says %s", path, want), func(context.Context) error {
				if shown := visitor.Get(path); !strings.Contains(shown.Body, want) {
					return fmt.Errorf("it shows:\n%s", shown.Body)
				}
				return nil
			})
		}
	}
}

// For an unknown host, which reaches the blog through a wildcard, the blog shows the same text as the public site.
func TestUnknownHostsReadTheSameEverywhere(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	here, there := portaltest.NewClient(t, site), portaltest.NewClient(t, site)
	host := "dave." + stack.Domain
	there.RouteToBlog(p, host, "www.dave.org")
	words := func(v *portaltest.Client, host string) string {
		shown := v.Get("http://"+host+"/").Want(t, http.StatusNotFound, "There is no blog at this address")
		_, words, _ := strings.Cut(shown.Body, "<p>No blog has the host name "+host+".</p>")
		words, _, found := strings.Cut(words, "</div>")
		if !found {
			t.Fatalf("no words in:\n%s", shown.Body)
		}
		return words
	}
	offer := "http://" + stack.Domain + "/register/?username=dave"
	for _, mode := range []struct {
		registration  v1alpha1.RegistrationMode
		contact       string
		says, doesNot string
	}{
		{v1alpha1.RegistrationOpen, "", offer, "code"},
		{v1alpha1.RegistrationInvite, "", "you need an invitation code. To get one, contact support.", "<a href=\"mailto:"},
		{v1alpha1.RegistrationInvite, "mailto:help@example.org", "you need an invitation code. To get one, " + reached + ".", "If you expected"},
		{v1alpha1.RegistrationClosed, "mailto:help@example.org", "If you expected a blog here, " + reached + ".", "/register/"},
		{v1alpha1.RegistrationClosed, "", "Check the spelling", "support"},
	} {
		p.EditPlatform(func(object *v1alpha1.Platform) {
			object.Spec.Registration, object.Spec.Contact = mode.registration, mode.contact
		})
		p.Wait(fmt.Sprintf("both say what %s %s means", mode.registration, mode.contact), func(context.Context) error {
			for _, v := range []*portaltest.Client{here, there} {
				if got := words(v, host); !strings.Contains(got, mode.says) || strings.Contains(got, mode.doesNot) {
					return fmt.Errorf("it says:\n%s", got)
				}
			}
			return nil
		})
		for _, name := range []string{host, "www.dave.org"} {
			if ours, theirs := words(here, name), words(there, name); ours != theirs {
				t.Errorf("the public site says of %s:\n%s\nthe blog says:\n%s", name, ours, theirs)
			}
		}
	}
}
