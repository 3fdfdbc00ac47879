package public_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/web"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The links to support: in the footer of every page, and within a sentence.
const (
	footerLink = `<a href="mailto:help@example.org">Contact support</a>`
	inlineLink = `<a href="mailto:help@example.org">contact support</a>`
)

func setContact(address string) func(*v1alpha1.Platform) {
	return func(object *v1alpha1.Platform) { object.Spec.Contact = address }
}

// Pages and emails that tell users to contact support say how.
func TestContact(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	p.EditPlatform(setContact("mailto:help@example.org"))
	portaltest.AddAccount(t, p, "alice", platformtest.PaidFor(-1))
	portaltest.AddAccount(t, p, "bob", func(tenant *v1alpha1.Tenant) { tenant.Spec.DisplayName = "Bob" })
	portaltest.AddAccount(t, p, "carol")
	portaltest.AddAccount(t, p, "dora", platformtest.PaidFor(30))
	portaltest.AddAccount(t, p, "erin", platformtest.PaidFor(31))
	p.Exec(`UPDATE public.users SET state = 'locked' WHERE username = 'carol'`)
	site := p.StartPortal(0)

	alice := portaltest.LogIn(t, site, "alice", portaltest.Password)
	for _, path := range []string{"/", "/account/", "/account/alice/"} {
		alice.Get(path).Want(t, http.StatusOK, "you cannot write. To continue, "+inlineLink+".", footerLink)
	}
	mail := portaltest.WaitMails(p, site, "alice@example.org", "Your plan for alice has ended", 1)
	if !strings.Contains(mail.Body, "support at help@example.org.") {
		t.Errorf("the email does not name the contact:\n%s", mail.Body)
	}

	// The account page, to which reminders link, says how to renew a plan that ends soon.
	dora, erin := portaltest.LogIn(t, site, "dora", portaltest.Password), portaltest.LogIn(t, site, "erin", portaltest.Password)
	end := web.Day(time.Now().UTC().AddDate(0, 0, 30))
	for _, path := range []string{"/", "/account/"} {
		dora.Get(path).Want(t, http.StatusOK, "<p>Your plan ends on "+end+". To renew it, "+inlineLink+".</p>")
		erin.Get(path).Want(t, http.StatusOK).Without(t, "To renew it")
	}

	bob := portaltest.LogIn(t, site, "bob", portaltest.Password)
	bob.Get("/account/bob/delete/").Want(t, http.StatusOK, "To restore the blog before that date, log in and choose “Restore” on your account page. After it, the posts are permanently deleted.")
	bob.Get("/account/bob/").Want(t, http.StatusOK, "Set by your administrator. To change it, "+inlineLink+".")
	challenge := strings.Repeat("a", 43)
	bob.Get("/authorize/?host=alice."+stack.Domain+"&challenge="+challenge).Want(t, http.StatusForbidden, "If you think this is a mistake, contact support.", footerLink)

	visitor := portaltest.NewClient(t, site)
	visitor.Submit("/login/", "username", "carol", "password", portaltest.Password).Want(t, http.StatusUnprocessableEntity, "This account is locked. To unlock it, contact support.", footerLink)
	visitor.Get("/invite/?token=none").Want(t, http.StatusGone, "Otherwise, contact support for a new link.", footerLink)
	visitor.Get("/").Want(t, http.StatusOK, footerLink)
	setRegistration(t, p, visitor, v1alpha1.RegistrationInvite, `Sign-up is by invitation. <a href="mailto:help@example.org">Ask for a code</a>`)
	visitor.Register("dave").Want(t, http.StatusUnprocessableEntity)
	setRegistration(t, p, visitor, v1alpha1.RegistrationClosed, `<a class="button" href="mailto:help@example.org">Contact support</a>`)
	visitor.Get("/").Want(t, http.StatusOK, "Sign-up is closed. To request a blog, "+inlineLink+".")

	// A changed contact shows without a restart: immediately here, and within seconds on the blog.
	visitor.RouteToBlog(p, "alice."+stack.Domain)
	if err := p.Edit(t.Context(), "alice", func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) }); err != nil {
		t.Fatal(err)
	}
	blog := "http://alice." + stack.Domain + "/"
	for address, wants := range map[string]map[string]string{
		"https://example.org/help": {
			"/register/": `<a class="button" href="https://example.org/help">Contact support</a>`,
			blog:         `<a href="https://example.org/help">Contact support</a>`,
		},
		"": {"/register/": "<p class=\"step\">If you already have an account, log in.</p>\n</div>", blog: "rel=\"nofollow\">Log in</a> · Served by EchoBlogs</p>"},
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
func TestUnknownHostPagesAreIdentical(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	here, there := portaltest.NewClient(t, site), portaltest.NewClient(t, site)
	host := "dave." + stack.Domain
	there.RouteToBlog(p, host, "www.dave.org")
	show := func(v *portaltest.Client, host string) string {
		return v.Get("http://"+host+"/").Want(t, http.StatusNotFound, "There is no blog at this address").Body
	}
	// message returns the text between the heading and the footer.
	message := func(v *portaltest.Client, host string) string {
		_, message, _ := strings.Cut(show(v, host), "<p>No blog has the host name "+host+".</p>")
		message, _, found := strings.Cut(message, "</div>")
		if !found {
			t.Fatalf("no message at %s", host)
		}
		return message
	}
	offer := "http://" + stack.Domain + "/register/?username=dave"
	for _, mode := range []struct {
		registration  v1alpha1.RegistrationMode
		contact       string
		says, doesNot string
	}{
		{v1alpha1.RegistrationOpen, "", offer, "registration code"},
		{v1alpha1.RegistrationInvite, "", "To create a blog with this name, you need a registration code.", footerLink},
		{v1alpha1.RegistrationInvite, "mailto:help@example.org", footerLink, "Sign up as dave</a>"},
		{v1alpha1.RegistrationClosed, "mailto:help@example.org", footerLink, "/register/"},
		{v1alpha1.RegistrationClosed, "", "Check the spelling of the address.", "Contact support"},
	} {
		p.EditPlatform(func(object *v1alpha1.Platform) {
			object.Spec.Registration, object.Spec.Contact = mode.registration, mode.contact
		})
		p.Wait(fmt.Sprintf("both say what %s %s means", mode.registration, mode.contact), func(context.Context) error {
			for _, v := range []*portaltest.Client{here, there} {
				if got := show(v, host); !strings.Contains(got, mode.says) || strings.Contains(got, mode.doesNot) {
					return fmt.Errorf("it says:\n%s", got)
				}
			}
			return nil
		})
		for _, name := range []string{host, "www.dave.org"} {
			// The blog looks up a few names per second, which the wait may have used up.
			p.Wait("both say the same of "+name, func(context.Context) error {
				if ours, theirs := message(here, name), message(there, name); ours != theirs {
					return fmt.Errorf("the public site says:\n%s\nthe blog says:\n%s", ours, theirs)
				}
				return nil
			})
		}
	}
}
