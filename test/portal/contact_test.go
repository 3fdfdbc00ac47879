package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// reached is how pages name whom to ask.
const reached = `those who run the site (<a href="mailto:help@example.org">help@example.org</a>)`

func setContact(address string) func(*v1alpha1.PlatformSpec) {
	return func(spec *v1alpha1.PlatformSpec) { spec.Contact = address }
}

// Whoever is told to ask is told where, by mails too.
func TestContact(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	editPlatform(t, p, setContact("mailto:help@example.org"))
	addAccount(t, p, "alice", paidFor(-1))
	addAccount(t, p, "bob", func(tenant *v1alpha1.Tenant) { tenant.Spec.DisplayName = "Bob" })
	addAccount(t, p, "carol")
	p.Exec(`UPDATE public.users SET state = 'locked' WHERE username = 'carol'`)
	site := p.StartPortal(0)

	alice := logIn(t, site, "alice", secret)
	for _, path := range []string{"/", "/account/", "/account/alice/"} {
		alice.get(path).want(t, http.StatusOK, "you cannot write. Ask "+reached+" how to go on.")
	}
	mail := waitLetters(p, site, "alice@example.org", "The paid time of your blog alice is over", 1)
	if !strings.Contains(mail.Body, "(help@example.org)") {
		t.Errorf("the mail does not say whom to ask:\n%s", mail.Body)
	}

	bob := logIn(t, site, "bob", secret)
	bob.get("/account/bob/delete/").want(t, http.StatusOK, "Until then, "+reached+" can bring the blog back")
	bob.get("/account/bob/").want(t, http.StatusOK, "Change this line there, or ask "+reached+":")
	challenge := strings.Repeat("a", 43)
	bob.get("/authorize/?host=alice."+stack.Domain+"&challenge="+challenge).want(t, http.StatusForbidden, "Otherwise ask "+reached+".")

	visitor := newVisitor(t, site)
	visitor.submit("/login/", "username", "carol", "password", secret).want(t, http.StatusUnprocessableEntity, "This account is locked. Ask "+reached+".")
	visitor.get("/invite/?token=none").want(t, http.StatusGone, "ask "+reached+" for another link")
	visitor.get("/").want(t, http.StatusOK).without(t, reached)
	setRegistration(t, p, visitor, v1alpha1.RegistrationInvite, "by invitation: "+reached+" give out codes.")
	visitor.register("dave").want(t, http.StatusUnprocessableEntity)
	setRegistration(t, p, visitor, v1alpha1.RegistrationClosed, "Otherwise ask "+reached+".")
	visitor.get("/").want(t, http.StatusOK, "Nobody can register here at present. To have a blog here all the same, ask "+reached+".")

	// Another address, and none, show without a restart: at once here, and within seconds on the blog.
	visitor.findBlogs(p, "alice."+stack.Domain)
	if err := p.Edit(t.Context(), "alice", func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) }); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"https://example.org/help": `ask those who run the site (<a href="https://example.org/help">example.org/help</a>).`,
		"":                         "ask those who run the site.",
	} {
		editPlatform(t, p, setContact(address))
		for _, path := range []string{"/register/", "http://alice." + stack.Domain + "/"} {
			p.Wait(fmt.Sprintf("%s says %s", path, want), func(context.Context) error {
				if shown := visitor.get(path); !strings.Contains(shown.Body, want) {
					return fmt.Errorf("it shows:\n%s", shown.Body)
				}
				return nil
			})
		}
	}
}

// Where requests for names that nobody has reach the blog, as by a wildcard, it says what the public site says.
func TestUnknownHostsReadTheSameEverywhere(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	here, there := newVisitor(t, site), newVisitor(t, site)
	host := "dave." + stack.Domain
	there.findBlogs(p, host, "www.dave.org")
	words := func(v *visitor, host string) string {
		shown := v.get("http://"+host+"/").want(t, http.StatusNotFound, "There is no blog at this address")
		_, words, _ := strings.Cut(shown.Body, "<p>The server was reached, but no blog has the host name "+host+".</p>")
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
		{v1alpha1.RegistrationInvite, "", "you need an invitation code: those who run the site give them out", reached},
		{v1alpha1.RegistrationInvite, "mailto:help@example.org", "you need an invitation code: " + reached + " give them out", "nobody"},
		{v1alpha1.RegistrationClosed, "mailto:help@example.org", "If there should be one, ask " + reached, "/register/"},
		{v1alpha1.RegistrationClosed, "", "Check the spelling", "those who run"},
	} {
		editPlatform(t, p, func(spec *v1alpha1.PlatformSpec) { spec.Registration, spec.Contact = mode.registration, mode.contact })
		p.Wait(fmt.Sprintf("both say what %s %s means", mode.registration, mode.contact), func(context.Context) error {
			for _, v := range []*visitor{here, there} {
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
