package staff_test

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

// settings returns the current fields of the form of a Tenant's page, with some changed.
func settings(t *testing.T, v *portaltest.Client, name string, changed ...string) []string {
	t.Helper()
	version := v.Get("/staff/tenants/"+name+"/").Want(t, http.StatusOK).Version()
	fields := map[string]string{"trial": "yes", "version": version}
	for i := 0; i+1 < len(changed); i += 2 {
		fields[changed[i]] = changed[i+1]
	}
	var form []string
	for field, value := range fields {
		form = append(form, field, value)
	}
	return form
}

// waitStatus waits until a host of the blog responds with a status.
func waitStatus(t *testing.T, p *stack.Platform, host string, status int) {
	t.Helper()
	p.Wait(fmt.Sprintf("%s answers %d", host, status), func(ctx context.Context) error {
		answer, err := stack.Get(ctx, p.Blogs[0], host, "/")
		if err == nil && answer.Status != status {
			err = fmt.Errorf("it answers %d", answer.Status)
		}
		return err
	})
}

func TestStaffEdits(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, eve := portaltest.Name("alice"), portaltest.Name("eve")
	p.CreateTenant(alice)
	p.WaitTenantsReady(alice)
	v := portaltest.NewStaffAs(t, p, site, eve)

	t.Run("settings", func(t *testing.T) {
		all := []string{
			"displayName", "Wonderland", "customDomains", "WWW." + alice + ".org.\r\n" + alice + ".net\r\n" + alice + ".net", "paidUntil", "2031-01-31", "trial", "no",
			"posts", "5", "storage", "20Mi", "requestsPerSecond", "7",
		}
		v.Submit("/staff/tenants/"+alice+"/settings/", settings(t, v, alice, all...)...).
			Want(t, http.StatusOK, "Saved.", "www."+alice+".org", "Wonderland", "paidUntil none -&gt; 2031-01-31", "trial yes -&gt; no", "posts none -&gt; 5", eve)
		spec := p.Tenant(alice).Spec
		got := fmt.Sprint(spec.DisplayName, spec.CustomDomains, spec.PaidUntil, *spec.Trial, *spec.Limits.Posts, spec.Limits.Storage, *spec.Limits.RequestsPerSecond)
		if want := "Wonderland[www." + alice + ".org " + alice + ".net]2031-01-31false 5 20Mi 7"; got != want {
			t.Errorf("the Tenant says %s, and not %s", got, want)
		}
		waitStatus(t, p, "www."+alice+".org", http.StatusOK)

		// An emptied field gets the Platform's default again. Unchanged fields stay.
		v.Submit("/staff/tenants/"+alice+"/settings/", settings(t, v, alice, "displayName", "Wonderland", "customDomains", alice+".net", "paidUntil", "2031-01-31", "trial", "no")...).
			Want(t, http.StatusOK, "Saved.", "customDomains www."+alice+".org, "+alice+".net -&gt; "+alice+".net")
		spec = p.Tenant(alice).Spec
		if spec.Limits != nil || len(spec.CustomDomains) != 1 || spec.DisplayName != "Wonderland" {
			t.Errorf("the Tenant says %+v", spec)
		}
		same := settings(t, v, alice, "displayName", "Wonderland", "customDomains", alice+".net", "paidUntil", "2031-01-31", "trial", "no")
		v.Submit("/staff/tenants/"+alice+"/settings/", same...).Want(t, http.StatusOK, "Nothing was changed.")
	})
	t.Run("suspend", func(t *testing.T) {
		v.Submit("/staff/tenants/"+alice+"/suspend/").Want(t, http.StatusOK, "The blog is suspended", "<td>"+eve+"</td><td>suspend</td>")
		waitStatus(t, p, alice+"."+stack.Domain, http.StatusPaymentRequired)
		v.Submit("/staff/tenants/"+alice+"/suspend/").Want(t, http.StatusOK, "Nothing was changed.")
		v.Submit("/staff/tenants/"+alice+"/resume/").Want(t, http.StatusOK, "The blog is resumed", "<td>"+eve+"</td><td>resume</td>")
		waitStatus(t, p, alice+"."+stack.Domain, http.StatusOK)
		v.Get("/staff/audit/").Want(t, http.StatusOK, "<td>"+eve+"</td><td>resume</td>", "<td>"+eve+"</td><td>suspend</td>", "<td>"+eve+"</td><td>edit</td>",
			`<td><a href="/staff/tenants/`+alice+`/">`+alice+`</a></td>`)
	})
}

func TestStaffRefused(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	p.CreateTenant("alice")
	p.WaitTenantsReady("alice")
	v := portaltest.NewStaff(t, p, site)
	before := p.Tenant("alice").Generation
	for _, test := range []struct{ field, value, want string }{
		{"displayName", strings.Repeat("x", 101), "Use at most 100 characters."},
		{"displayName", "a\u0001b", "Use letters, digits, spaces and punctuation on one line, without invisible characters."},
		{"customDomains", "https://www.alice.org/", "is not a host name. Enter one such as www.alice.org, without https:// and without a path."},
		{"customDomains", "www.bob." + stack.OtherDomain, ", which belongs to this site. Enter your own domain."},
		{"customDomains", "alice", "&#34;alice&#34; is not a host name. Enter one such as www.alice.org, without https:// and without a path."},
		{"paidUntil", "31.12.2030", "Enter a date such as 2027-12-31."},
		{"paidUntil", "2030-02-31", "Enter a date such as 2027-12-31."},
		{"posts", "-1", "Enter a whole number of 0 or more."},
		{"posts", "99999999999", "spec.limits.posts in body should be less than or equal to 1000000000"},
		{"storage", "much", "Enter a whole number of bytes from 0 to 1Pi, such as 500Mi or 2Gi."},
		{"requestsPerSecond", "1.5", "Enter a whole number of 0 or more."},
		{"version", "1000", "This tenant was changed after you opened the page. Check the marked fields and save again."},
	} {
		answer := v.Submit("/staff/tenants/alice/settings/", settings(t, v, "alice", "storage", "1Gi", test.field, test.value)...)
		answer.Want(t, http.StatusUnprocessableEntity, test.want, `role="alert"`)
		if test.field != "version" {
			answer.Want(t, http.StatusUnprocessableEntity, test.value, `id="`+test.field+`-error"`, `aria-describedby="`+test.field+`-hint `+test.field+`-error"`)
		}
	}
	v.SubmitForm("/staff/tenants/alice/", "/staff/tenants/alice/delete/", "confirm", "alicia").Want(t, http.StatusUnprocessableEntity, "Type alice to delete it. Nothing was changed.")
	if after := p.Tenant("alice"); after.Generation != before || after.DeletionTimestamp != nil {
		t.Errorf("the Tenant was changed: %+v", after)
	}
	v.Get("/staff/audit/").Want(t, http.StatusOK, "No entries yet.")
}

// The second of two members of staff who edit a tenant at the same time sees what the first one has changed.
func TestConcurrentStaffEdits(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	p.CreateTenant(alice)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	ours := settings(t, v, alice, "displayName", "Ours", "was.displayName", "", "paidUntil", "", "was.paidUntil", "", "trial", "no", "was.trial", "yes")
	theirs := settings(t, v, alice, "displayName", "Theirs", "paidUntil", "2031-01-31")
	v.Submit("/staff/tenants/"+alice+"/settings/", theirs...).Want(t, http.StatusOK, "Saved.")
	refused := v.Submit("/staff/tenants/"+alice+"/settings/", ours...).Want(t, http.StatusUnprocessableEntity,
		"This tenant was changed after you opened the page. Check the marked fields and save again.",
		"Another user changed this from nothing to &#34;Theirs&#34;. You entered &#34;Ours&#34;.", `value="Ours"`, `name="was.displayName" value="Theirs"`,
		"Another user changed this from nothing to &#34;2031-01-31&#34;.", `value="2031-01-31"`, `<option value="no" selected>`)
	if tenant := p.Tenant(alice); tenant.Spec.DisplayName != "Theirs" || tenant.Spec.Trial != nil {
		t.Errorf("the Tenant was changed: %+v", tenant.Spec)
	}
	again := append(ours, "version", refused.Version(), "was.displayName", "Theirs", "paidUntil", "2031-01-31")
	v.Submit("/staff/tenants/"+alice+"/settings/", latest(again)...).Want(t, http.StatusOK, "Saved.", "displayName Theirs -&gt; Ours; trial yes -&gt; no")

	v.Submit("/staff/tenants/"+alice+"/delete/", "confirm", alice, "version", "1").Want(t, http.StatusUnprocessableEntity,
		"This tenant was changed after you opened the page. Check it, then confirm again.")
	if tenant := p.Tenant(alice); !tenant.DeletionTimestamp.IsZero() {
		t.Error("the Tenant is being deleted")
	}
}

// latest drops the earlier values of fields that a form has twice.
func latest(form []string) []string {
	fields := make(map[string]string)
	for i := 0; i+1 < len(form); i += 2 {
		fields[form[i]] = form[i+1]
	}
	var left []string
	for field, value := range fields {
		left = append(left, field, value)
	}
	return left
}

// Fields that another manager owns are read-only.
func TestStaffOwnedFields(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice := portaltest.Name("alice")
	posts, suspended := int64(3), false
	p.CreateTenant(alice, platformtest.WithSpec(v1alpha1.TenantSpec{
		DisplayName: "From Git", CustomDomains: []v1alpha1.CustomDomain{v1alpha1.CustomDomain("git." + alice + ".org")}, Limits: &v1alpha1.Limits{Posts: &posts}, Suspended: &suspended,
	}))
	p.WaitTenantsReady(alice)
	const manager = "staff.test" // the name of this program
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	v.Get("/staff/tenants/"+alice+"/").Want(t, http.StatusOK, "Set by "+manager+". Change spec.displayName in the manifest that it applies.",
		"Set by "+manager+". Change spec.limits.posts in the manifest that it applies.", "Set by "+manager+". Change spec.suspended in the manifest that it applies.", `value="From Git" dir="auto" readonly`,
		"git."+alice+".org, set by "+manager).Without(t, "/suspend/")

	// Other fields can be changed. Owned fields stay, whatever is sent.
	v.Submit("/staff/tenants/"+alice+"/settings/", settings(t, v, alice, "displayName", "Mine", "customDomains", "www."+alice+".org", "posts", "9", "storage", "5Mi")...).
		Want(t, http.StatusOK, "Saved.")
	spec := p.Tenant(alice).Spec
	got := fmt.Sprint(spec.DisplayName, spec.CustomDomains, *spec.Limits.Posts, spec.Limits.Storage)
	if want := "From Git[git." + alice + ".org www." + alice + ".org] 3 5Mi"; got != want {
		t.Errorf("the Tenant says %s, and not %s", got, want)
	}
	v.Submit("/staff/tenants/"+alice+"/suspend/").Want(t, http.StatusUnprocessableEntity, "Set by "+manager+". Change spec.suspended in the manifest that it applies.")
	if *p.Tenant(alice).Spec.Suspended {
		t.Error("the Tenant was suspended")
	}
}

// A change to a Tenant that could not be recorded is reported. A change in the database is rolled back.
func TestStaffCannotRecord(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	v := portaltest.NewStaff(t, p, site)
	p.Exec(`ALTER TABLE public.audit ADD CONSTRAINT nothing CHECK (false) NOT VALID`) // a missing privilege would be granted again
	v.Submit("/staff/tenants/alice/suspend/").Want(t, http.StatusInternalServerError, "The change was made but not recorded")
	if !p.Tenant("alice").SuspendedBySpec() {
		t.Error("the Tenant was not suspended")
	}
	v.Submit("/staff/users/alice/lock/").Want(t, http.StatusInternalServerError, "Something went wrong")
	v.Get("/staff/users/alice/").Want(t, http.StatusOK, "<dt>State</dt><dd>active</dd>")

	p.Exec(`ALTER TABLE public.audit DROP CONSTRAINT nothing`)
	v.Submit("/staff/users/alice/lock/").Want(t, http.StatusOK, "The account was locked")
	v.Submit("/staff/tenants/alice/resume/").Want(t, http.StatusOK, "The blog is resumed", "<td>root-eve</td><td>resume</td>").Without(t, "suspend</td>")
	// A manifest that said "false" would take the button away from staff when its owner applies it.
	if suspended := p.Tenant("alice").Spec.Suspended; suspended != nil {
		t.Errorf("spec.suspended is %v, want none", *suspended)
	}
}
