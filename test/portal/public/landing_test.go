package public_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// The home page says what is true of the installation, and leaves out the rest.
func TestLandingPage(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewClient(t, site)
	says := func(what string, change func(*v1alpha1.PlatformSpec), has []string, hasNot ...string) {
		t.Helper()
		p.EditPlatform(func(object *v1alpha1.Platform) { change(&object.Spec) })
		p.Wait("the home page says "+what, func(context.Context) error {
			shown := v.Get("/")
			for _, text := range has {
				if !strings.Contains(shown.Body, text) {
					return fmt.Errorf("it lacks %q:\n%s", text, shown.Body)
				}
			}
			for _, text := range hasNot {
				if strings.Contains(shown.Body, text) {
					return fmt.Errorf("it has %q:\n%s", text, shown.Body)
				}
			}
			return nil
		})
	}
	says("what the defaults are", func(*v1alpha1.PlatformSpec) {}, []string{
		"<title>EchoBlogs: a blog of your own</title>", "<h2>365 days to find out</h2>", "Readers can read for 14 more days.", "1000 posts and 100 MB of pictures",
		`<link rel="canonical" href="http://` + stack.Domain + `/">`, `<meta property="og:site_name" content="EchoBlogs">`, "." + stack.Domain + "</span>", "<li>Your own domain</li>",
	}, "noindex", "Terms", "Imprint", "€")
	says("what the Platform says", func(spec *v1alpha1.PlatformSpec) {
		spec.Site = &v1alpha1.SiteSpec{Name: "Quill & Co", Tagline: "write <more>", Terms: "https://example.org/terms", Privacy: "https://example.org/privacy", Imprint: "https://example.org/imprint"}
		spec.Defaults = &v1alpha1.TenantDefaults{TrialDays: new(int32(14)), GraceDays: new(int32(3))}
		spec.Routing.CustomDomains = v1alpha1.CustomDomainsListed
	}, []string{
		"<title>Quill &amp; Co: write &lt;more&gt;</title>", "<h2>Fourteen days to find out</h2>", "Readers can read for 3 more days.",
		`<a href="https://example.org/terms">Terms</a>`, `<a href="https://example.org/privacy">Privacy</a>`, `<a href="https://example.org/imprint">Imprint</a>`,
	}, "EchoBlogs", "own domain")
	v.Get("/login/").Want(t, http.StatusOK, "<title>Log in · Quill &amp; Co</title>", `<a href="https://example.org/terms">Terms</a>`, `content="noindex"`)
	v.Get("/none/").Want(t, http.StatusNotFound, "<title>Page not found · Quill &amp; Co</title>", `<a href="https://example.org/imprint">Imprint</a>`)
	says("nothing of a trial", func(spec *v1alpha1.PlatformSpec) { spec.Defaults.TrialDays = new(int32(0)) }, []string{"Start my blog"}, "to find out", "#trial")
	says("nothing of sign-up", func(spec *v1alpha1.PlatformSpec) {
		spec.Defaults.TrialDays, spec.Registration = new(int32(14)), v1alpha1.RegistrationClosed
	}, []string{"Sign-up is closed."}, "to find out", "#trial", "Start my blog", "/register/")
}

// The form on the home page says whether a name is free while it is typed, and no more than sign-up does.
func TestNameWhileItIsTyped(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, alice)
	portaltest.AddUser(t, p, bob)
	portaltest.AddUser(t, p, bob+"-writes")
	underscored := strings.ReplaceAll(bob+"-writes", "-", "_")
	v := portaltest.NewClient(t, site)
	free := portaltest.Name("carol")
	for name, want := range map[string]string{
		free:                      `{"free":true,"sentence":"` + free + `.` + stack.Domain + ` is free"}`,
		strings.ToUpper(free):     `{"free":true,"sentence":"` + free + `.` + stack.Domain + ` is free"}`,
		alice:                     `{"free":false,"sentence":"` + alice + `.` + stack.Domain + ` is taken. ` + alice + `-writes is free."}`,
		bob:                       `{"free":false,"sentence":"` + bob + `.` + stack.Domain + ` is taken."}`,
		"www":                     `{"free":false,"sentence":"This name is reserved for the platform itself: choose another name."}`,
		"a_b":                     `{"free":false,"sentence":"The name becomes part of your blog's address, which cannot contain an underscore: use a-b."}`,
		underscored:               `{"free":false,"sentence":"The name becomes part of your blog's address, which cannot contain an underscore: choose another one."}`,
		"%ff%00":                  `{"free":false,"sentence":"Use at most 40 lowercase letters, digits and hyphens, beginning and ending with a letter or digit, such as john-doe."}`,
		strings.Repeat("a", 9000): `Use at most 40 lowercase letters`,
	} {
		answer := v.Get("/register/name?username="+name).Want(t, http.StatusOK, want)
		if got := answer.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control of %s is %q", name, got)
		}
	}
	// Without script, the sign-up form says so.
	v.Get("/register/?username="+alice).Want(t, http.StatusOK, "This name is taken. Choose another one.")

	p.Exec(`UPDATE public.attempts SET refused_until = now() + interval '1 hour' WHERE kind = 'register-name' AND subject = $1`, site.ClientAddress)
	for _, name := range []string{free, alice} {
		v.Get("/register/name?username="+name).Want(t, http.StatusTooManyRequests, `{"free":false,"sentence":"The name is checked when you sign up."}`)
	}
}
