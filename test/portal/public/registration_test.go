package public_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/freeport"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	v := portaltest.NewClient(t, site)
	v.Get("/register/?username="+alice).Want(t, http.StatusOK, `name="username" value="`+alice+`"`, `aria-label="Show password" hidden`).
		Without(t, `name="confirm_password"`)
	shown := v.AwaitHome(p, v.Register("A"+alice[1:])) // the user name is lowercased
	shown.Want(t, http.StatusOK, "Welcome, "+alice, "Your blog is live at http://"+alice+"."+stack.Domain)
	if shown.URL.Path != "/" {
		t.Errorf("a registration leads to %s", shown.URL)
	}
	v.Get("/").Want(t, http.StatusOK, `<a href="http://`+alice+`.`+stack.Domain+`/">`, `<span class="badge ok">Active</span>`, "<h2>Trial until ",
		`data-editor="http://`+alice+`.`+stack.Domain+`/login/?next=/write/new/"`)
	if v.Get("/register/").URL.Path != "/" {
		t.Error("a logged-in user can open the sign-up form")
	}

	answer, err := stack.Get(t.Context(), p.Blogs[0], alice+"."+stack.Domain, "/")
	if err != nil || answer.Status != http.StatusOK || answer.Tenant != alice {
		t.Errorf("the blog answers %d for %q: %v", answer.Status, answer.Tenant, err)
	}
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key(alice), &tenant); err != nil {
		t.Fatal(err)
	}
	owner := v1alpha1.TenantOwner{Username: alice, Email: "A" + alice[1:] + "@people.example"}
	if tenant.Spec.Owner == nil || *tenant.Spec.Owner != owner || tenant.Annotations[v1alpha1.AnnotationRegistration] == "" {
		t.Errorf("the Tenant has the owner %v and the annotations %v", tenant.Spec.Owner, tenant.Annotations)
	}

	// The password works in another browser.
	portaltest.NewClient(t, site).Submit("/login/", "username", alice, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+alice)
	if n := p.Count(`SELECT count(*) FROM public.registrations WHERE state = 'live' AND username = $1`, alice); n != 1 {
		t.Errorf("%d registrations are live", n)
	}
}

func TestRegistrationSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	v := portaltest.NewClient(t, site)
	alice := portaltest.NewClient(t, site)
	alice.AwaitHome(p, alice.Register("alice"))
	if err := p.Create(t.Context(), tenant("bob")); err != nil {
		t.Fatal(err)
	}
	other := tenant("carol")
	other.Spec.SchemaName = "john_doe"
	if err := p.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	gone := tenant("dave")
	if err := p.Create(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		if err := p.AwaitReady(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Delete(t.Context(), "dave"); err != nil { // leaves a tombstone
		t.Fatal(err)
	}
	if err := p.AwaitGone(t.Context(), "dave"); err != nil {
		t.Fatal(err)
	}
	p.Exec(`CREATE SCHEMA erin`)

	for _, c := range []struct {
		what   string
		change []string
		field  string
		want   string
	}{
		{"no user name", []string{"username", ""}, "username", "This field is required."},
		{"no address", []string{"email", ""}, "email", "This field is required."},
		{"no password", []string{"password", ""}, "password", "This field is required."},
		{"an empty second password", []string{"confirm_password", ""}, "confirm_password", "The passwords do not match."},
		{"passwords that differ", []string{"confirm_password", portaltest.Password + "!"}, "confirm_password", "The passwords do not match."},
		{"a short password", []string{"password", "short", "confirm_password", "short"}, "password", "at least 10 characters"},
		{"a long password", []string{"password", strings.Repeat("x", 201), "confirm_password", strings.Repeat("x", 201)}, "password", "at most 200 characters"},
		{"a known password", []string{"password", "1234567890", "confirm_password", "1234567890"}, "password", "This password is too easy to guess. Choose another one."},
		{"the address as a password", []string{"password", "zoe@people.example", "confirm_password", "zoe@people.example"}, "password", "Choose a password other than your user name or email address."},
		{"an underscore", []string{"username", "John_Doe_2"}, "username", "use john-doe-2."},
		{"an illegal name", []string{"username", "zoë"}, "username", "Use at most 40 lowercase letters"},
		{"a long name", []string{"username", strings.Repeat("z", 41)}, "username", "Use at most 40 lowercase letters"},
		{"a reserved name", []string{"username", "www"}, "username", "reserved"},
		{"a reserved name with hyphens", []string{"username", "help-desk"}, "username", "reserved"},
		{"an international name", []string{"username", "xn--pypal-4ve"}, "username", "Names with hyphens as the third and fourth characters are reserved for international domain names: choose another name."},
		{"an address with an invisible character", []string{"email", "zo\u200be@people.example"}, "email", "Enter a valid email address, such as jane@example.com."},
		{"a reserved prefix", []string{"username", "pg-zoe"}, "username", "reserved"},
		{"a user's name", []string{"username", "alice"}, "username", "This name is taken. Choose another one."},
		{"a user's name in upper case", []string{"username", "ALICE"}, "username", "This name is taken. Choose another one."},
		{"a Tenant's name", []string{"username", "bob"}, "username", "This name is taken. Choose another one."},
		{"a Tenant's schema", []string{"username", "john-doe"}, "username", "This name is taken. Choose another one."},
		{"a tombstone's name", []string{"username", "dave"}, "username", "This name is taken. Choose another one."},
		{"an unowned schema", []string{"username", "erin"}, "username", "This name is taken. Choose another one."},
		{"no address at all", []string{"email", "zoe"}, "email", "Enter a valid email address, such as jane@example.com."},
		{"an address with a name", []string{"email", "Zoe <zoe@people.example>"}, "email", "Enter a valid email address, such as jane@example.com."},
		{"a long address", []string{"email", strings.Repeat("z", 250) + "@a.example"}, "email", "Enter an email address of at most 254 characters."},
		{"another user's address", []string{"email", "ALICE@people.example"}, "email", "An account with this email address already exists. Log in instead."},
	} {
		shown := v.Submit("/register/", portaltest.Registration("zoe", c.change...)...)
		if shown.Status != http.StatusUnprocessableEntity {
			t.Fatalf("%s: the page answers %d:\n%s", c.what, shown.Status, shown.Body)
		}
		_, after, found := strings.Cut(shown.Body, `id="`+c.field+`.refused" role="alert">`)
		sentence, _, _ := strings.Cut(after, "<")
		if !found || !strings.Contains(sentence, c.want) || !strings.Contains(shown.Body, `aria-invalid="true"`) {
			t.Errorf("%s: the error of %s is %q, want %q", c.what, c.field, sentence, c.want)
		}
		if strings.Contains(shown.Body, portaltest.Password) {
			t.Errorf("%s: the page repeats the password", c.what)
		}
	}
	v.Do(http.MethodPost, "/register/", strings.NewReader(`{"username": "zoe"}`), http.Header{"Content-Type": {"application/json"}, "Sec-Fetch-Site": {"same-origin"}}).
		Want(t, http.StatusBadRequest, "The form cannot be read")
	shown := v.Submit("/register/", portaltest.Registration("zoe", "password", "short")...)
	shown.Want(t, http.StatusUnprocessableEntity, `value="zoe"`, `value="zoe@people.example"`)
	if n := p.Count(`SELECT count(*) FROM public.users WHERE username <> 'alice'`); n != 0 {
		t.Errorf("refused forms created %d users", n)
	}
}

func tenant(name string) *v1alpha1.Tenant {
	t := &v1alpha1.Tenant{}
	t.Name = name
	return t
}

func TestRegistrationsAreCounted(t *testing.T) {
	t.Parallel()
	ports, err := freeport.Find(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	metrics := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p, site := portaltest.NewSite(t, "--metrics-address="+metrics)
	v := portaltest.NewClient(t, site)
	v.Register("www").Want(t, http.StatusUnprocessableEntity)
	v.AwaitHome(p, v.Register("alice")).Want(t, http.StatusOK, "Welcome, alice")
	answer, err := stack.Get(t.Context(), metrics, "", "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`echoblogs_signups_total{reason="",result="started"} 2`,
		`echoblogs_signups_total{reason="username",result="refused"} 1`,
		`echoblogs_signups_total{reason="",result="live"} 1`,
		`echoblogs_signup_duration_seconds_count 1`,
	} {
		if !strings.Contains(answer.Body, line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
