package staff_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
)

// An author who edits without a pause neither undoes a suspension, nor makes the audit log say what has not happened.
func TestSuspensionDuringEdits(t *testing.T) {
	t.Parallel()
	p, site := portaltest.NewSite(t)
	portaltest.AddAccount(t, p, "alice")
	staff := portaltest.NewStaff(t, p, site)
	ctx, stop := context.WithCancel(t.Context())
	var (
		editing sync.WaitGroup
		edits   atomic.Int64
	)
	for thread := range 4 {
		alice := portaltest.LogIn(t, site, "alice", portaltest.Password)
		editing.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				shown, err := alice.Try(ctx, http.MethodGet, "/account/alice/", nil, nil)
				if err != nil || shown.Version() == "" {
					continue
				}
				title := strconv.Itoa(thread) + "." + strconv.Itoa(i)
				saved, err := alice.Try(ctx, http.MethodPost, "/account/alice/name/", portaltest.FormBody("display_name", title, "version", shown.Version()), portaltest.FormHeader.Clone())
				if err == nil && saved.Status == http.StatusOK {
					edits.Add(1)
				}
			}
		})
	}
	entries := func(action string) (n int) {
		t.Helper()
		if err := p.Admin.QueryRow(t.Context(), `SELECT count(*) FROM public.audit WHERE tenant = 'alice' AND action = $1`, action).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	const rounds = 5
	want := map[string]int{}
	for range rounds {
		for _, action := range []string{"suspend", "resume"} {
			p.Exec(`DELETE FROM public.attempts WHERE kind = 'edit-account'`) // or the edits would end
			before := edits.Load()
			for {
				// Staff may get the answer that the blog is being changed: then nothing has happened, and they try again.
				answer := staff.Submit("/staff/tenants/alice/" + action + "/")
				if answer.Status == http.StatusOK {
					want[action]++
					break
				}
				answer.Want(t, http.StatusConflict, "The blog is being changed", "Nothing was changed")
			}
			p.Wait("the author has edited after staff", func(context.Context) error {
				if edits.Load() < before+4 {
					return portaltest.ErrNotYet
				}
				return nil
			})
			tenant := p.Tenant("alice")
			if suspended := tenant.Spec.Suspended != nil && *tenant.Spec.Suspended; suspended != (action == "suspend") {
				t.Errorf("after %s and the edits of the author, suspended is %v", action, suspended)
			}
			if got := entries(action); got != want[action] {
				t.Errorf("the audit log has %d times %s, want %d", got, action, want[action])
			}
		}
	}
	stop()
	editing.Wait()
}

// An author may send 60 changes in an hour.
func TestEditsAreLimited(t *testing.T) {
	t.Parallel()
	p, site := portaltest.SharedSite(t)
	aliceName, bobName := portaltest.Name("alice"), portaltest.Name("bob")
	portaltest.AddAccount(t, p, aliceName)
	portaltest.AddAccount(t, p, bobName)
	alice, bob := portaltest.LogIn(t, site, aliceName, portaltest.Password), portaltest.LogIn(t, site, bobName, portaltest.Password)
	for range 60 { // also those that are refused
		alice.Submit("/account/"+aliceName+"/name/", "display_name", strings.Repeat("x", 101)).Want(t, http.StatusUnprocessableEntity)
	}
	forms := []string{"name/", "domains/", "domains/remove/", "delete/"}
	for _, form := range forms {
		refused := alice.Submit("/account/"+aliceName+"/"+form, "display_name", "A title").Want(t, http.StatusTooManyRequests, "Too many attempts")
		if refused.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After header", form)
		}
	}
	alice.Get("/account/"+aliceName+"/").Want(t, http.StatusOK)
	bob.SubmitForm("/account/"+bobName+"/", "/account/"+bobName+"/name/", "display_name", "A title").Want(t, http.StatusOK, "Saved.")
}
