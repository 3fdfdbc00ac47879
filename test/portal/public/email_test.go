package public_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// An international domain and its ASCII form are one address, wherever addresses are compared. It is stored in ASCII, as mail
// servers know it.
func TestInternationalEmail(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, bob, carol := portaltest.Name("alice"), portaltest.Name("bob"), portaltest.Name("carol")
	v := portaltest.NewClient(t, site)
	v.AwaitHome(p, v.Submit("/register/", portaltest.Registration(alice, "email", alice+"@Exämple.org")...)).Want(t, http.StatusOK, "Welcome, "+alice)
	if n := p.Count(`SELECT count(*) FROM public.users WHERE email = $1`, alice+"@xn--exmple-cua.org"); n != 1 {
		t.Errorf("%d accounts have the ASCII form", n)
	}
	var tenant v1alpha1.Tenant
	if err := p.Client.Get(t.Context(), p.Key(alice), &tenant); err != nil || tenant.Spec.Owner.Email != alice+"@xn--exmple-cua.org" {
		t.Errorf("the Tenant has the owner %v, error %v", tenant.Spec.Owner, err)
	}
	other := portaltest.NewClient(t, site)
	for _, email := range []string{strings.ToUpper(alice) + "@exämple.org", alice + "@xn--exmple-cua.org", alice + "@EXA\u0308MPLE.org"} {
		other.Submit("/register/", portaltest.Registration(bob, "email", email)...).
			Want(t, http.StatusUnprocessableEntity, "An account with this email address already exists. Log in instead.")
		portaltest.NewClient(t, site).Submit("/login/", "username", email, "password", portaltest.Password).Want(t, http.StatusOK, "Welcome, "+alice)
	}
	for email, want := range map[string]string{
		"\u200fbob@example.org":    "Enter a valid email address, such as jane@example.com.",
		bob + "@example.org\u200f": "Enter a valid email address, such as jane@example.com.",
		"böb@example.org":          "We cannot send email to this address: use one with only the letters a to z, digits and punctuation before the @.",
	} {
		other.Submit("/register/", portaltest.Registration(bob, "email", email)...).Want(t, http.StatusUnprocessableEntity, want)
	}

	// A manifest may have either form.
	portaltest.AddAccount(t, p, carol, func(tenant *v1alpha1.Tenant) { tenant.Spec.Owner.Email = "C" + carol[1:] + "@bücher.example" })
	p.Exec(`UPDATE public.users SET email = $2, email_key = $2 WHERE username = $1`, carol, carol+"@xn--bcher-kva.example")
	portaltest.LogIn(t, site, carol, portaltest.Password).Get("/account/"+carol+"/").Want(t, http.StatusOK, carol)
}
