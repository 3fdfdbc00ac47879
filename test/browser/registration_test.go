package browser_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A slow sign-up shows its steps, and redirects to the home page without any input.
func TestRegistrationThatTakesLong(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run hack/browser.sh", err)
	}
	p, site := stack.NewForBrowsers(t)
	p.StartOperator()
	p.WaitReady()
	p.StartPortal(0)
	browser := newBrowser(t)
	frank, grace := newPerson(t, browser), newPerson(t, browser)
	for name, who := range map[string]*person{"frank": frank, "grace": grace} {
		who.open(site + "/register/")
		who.fill("User name", name, "Email address", name+"@example.org", "Password", password)
		who.choose("Sign up", "Creating your blog")
	}
	frank.sees("A place for your posts\ndone\n")
	frank.sees("Your blog is online\nwaiting\n")
	look(t, frank.tab, "progress", site+"/register/progress/", string(axe))

	// The page shows every outcome of the sign-up without any input.
	p.Exec(`UPDATE public.registrations SET state = 'confirming' WHERE username = 'grace'`)
	grace.sees("We sent a link to grace@example.org.")
	look(t, grace.tab, "register-confirm", site+"/register/progress/", string(axe))
	p.Exec(`UPDATE public.registrations SET state = 'rolling_back', failure = 'name_taken' WHERE username = 'grace'`)
	grace.open(site + "/register/progress/")
	grace.sees("This name is taken. Choose another one.")
	look(t, grace.tab, "register-failed", site+"/register/progress/", string(axe))
	p.StartBlog(0)
	frank.sees("Your blog is live at http://frank.localhost")
}
