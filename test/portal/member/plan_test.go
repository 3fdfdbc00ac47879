package member_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// A blog is on trial or paid for, and no page says both.
func TestPlan(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	for _, test := range []struct {
		name           string
		trial          bool
		home, settings string
		not            string
	}{
		{"trying", true, `<h2>Trial until \d+ \w+ \d{4}</h2>\n<p class="quiet-text">\d+ days left\.`, `<div><dt>Plan</dt><dd>Trial until \d+ \w+ \d{4}, \d+ days left</dd></div>`, "Paid until"},
		{"paying", false, `<h2>Paid until \d+ \w+ \d{4}</h2>\n<p class="quiet-text">\d+ days left\.`, `<div><dt>Paid until</dt><dd>\d+ \w+ \d{4}, \d+ days left</dd></div>`, "rial"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			name := portaltest.Name(test.name)
			portaltest.AddAccount(t, p, name, func(tenant *v1alpha1.Tenant) { tenant.Spec.Trial = new(test.trial) })
			v := portaltest.LogIn(t, site, name, portaltest.Password)
			for path, want := range map[string]string{"/": test.home, "/account/" + name + "/": test.settings} {
				page := v.Get(path).Want(t, http.StatusOK)
				if !regexp.MustCompile(want).MatchString(page.Body) || strings.Contains(page.Body, test.not) || strings.Contains(page.Body, "On trial") {
					t.Errorf("%s lacks %s, or has %q:\n%s", path, want, test.not, page.Body)
				}
			}
		})
	}
}

// Pages speak to bloggers. What a cluster is, they find under Advanced, which is closed.
func TestPagesSpeakToBloggers(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	name := portaltest.Name("alice")
	portaltest.AddAccount(t, p, name)
	v := portaltest.LogIn(t, site, name, portaltest.Password)
	technical := regexp.MustCompile(`(?i)kubernetes|cluster|manifest|yaml|git\b|tenant|schema|kubectl`)
	for _, path := range []string{"/", "/account/", "/account/" + name + "/"} {
		plain, advanced, found := strings.Cut(v.Get(path).Want(t, http.StatusOK).Body, "<details id=\"advanced\">\n<summary>Advanced</summary>")
		if word := technical.FindString(plain); word != "" {
			t.Errorf("%s says %q:\n%s", path, word, plain)
		}
		if isBlog := strings.HasSuffix(path, name+"/"); found != isBlog || isBlog && !strings.Contains(advanced, "download the manifest") {
			t.Errorf("%s has Advanced: %t\n%s", path, found, advanced)
		}
	}
}
