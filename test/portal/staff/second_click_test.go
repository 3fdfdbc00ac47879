package staff_test

import (
	"net/http"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// Further clicks on a button that saves, deletes or restores a tenant, or creates a code, get the answer of the first.
func TestSecondClick(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	alice, note := portaltest.Name("alice"), portaltest.Name("friends")
	portaltest.AddAccount(t, p, alice)
	v := portaltest.NewStaffAs(t, p, site, portaltest.Name("eve"))
	page := "/staff/tenants/" + alice + "/"
	v.WantOnce(http.StatusSeeOther, page, "", page+"settings/", "displayName", "Wonderland", "was.displayName", "", "version", v.Get(page).Version())
	v.WantOnce(http.StatusSeeOther, "/staff/tombstones/", "", page+"delete/", "confirm", alice, "version", v.Get(page).Version())
	p.WaitGone(alice)
	v.WantOnce(http.StatusSeeOther, page, "", portaltest.RestorePath(t, p, alice))
	if n := p.Count(`SELECT count(*) FROM public.audit WHERE tenant = $1`, alice); n != 3 {
		t.Errorf("%d entries in the audit log, want 3", n)
	}
	v.WantOnce(http.StatusOK, "", "Copy it now", "/staff/codes/", "note", note, "uses", "1", "days", "7", "form", "1")
	v.WantOnce(http.StatusOK, "", "Copy it now", "/staff/codes/", "note", note, "uses", "1", "days", "7", "form", "2")
	if n := p.Count(`SELECT count(*) FROM public.registration_codes WHERE note = $1`, note); n != 2 {
		t.Errorf("%d registration codes, want 2", n)
	}
}
