package tenants_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

func TestStaff(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	portal, operator := tenancytest.Pools(t)
	log := audit.NewLog(portal, clock)
	staff := tenants.NewStaff(s.Client, portal, log, clock)
	s.register("alice")
	version := tenants.VersionOf(s.Tenant("alice")).Latest()
	edit := func() (bool, error) {
		change := changeOf(s.Tenant("alice"), func(w *tenants.Settings) { w.Trial, w.PaidUntil = false, "2031-01-31" })
		return staff.Edit(t.Context(), "eve", change)
	}
	for name, step := range map[string]func() (bool, error){ // in no order: each twice
		"edit":    edit,
		"suspend": func() (bool, error) { return staff.Suspend(t.Context(), "eve", version) },
	} {
		for _, want := range []bool{true, false} {
			if changed, err := step(); err != nil || changed != want {
				t.Errorf("%s: changed %t, not %t, error %v", name, changed, want, err)
			}
		}
	}
	if changed, err := staff.Resume(t.Context(), "eve", version); err != nil || !changed {
		t.Errorf("resume: changed %t, error %v", changed, err)
	}
	if _, err := staff.Restore(t.Context(), "eve", 123456); !errors.Is(err, tenants.ErrNoTombstone) {
		t.Errorf("the restoration of what is not kept: %v", err)
	}
	// A change that was refused is not recorded.
	if _, err := staff.Delete(t.Context(), "eve", tenants.Version{Name: "bob"}); !errors.Is(err, tenants.ErrNotFound) {
		t.Errorf("the deletion of a Tenant that does not exist: %v", err)
	}
	if deleted, err := staff.Delete(t.Context(), "eve", version); err != nil || !deleted {
		t.Errorf("delete: %t, error %v", deleted, err)
	}
	id := addRow(t, operator, "carol", now)
	for _, sql := range []string{
		`UPDATE public.tenants SET state = 'tombstone', owner = 'carol', tombstone_schema = 'deleted_1', released_at = now(), purge_at = now() + interval '30 days' WHERE id = $1`,
		`INSERT INTO public.tenant_objects (tenant_id, digest, object) VALUES ($1, 'any', '{"spec": {"displayName": "Carol"}}')`,
	} {
		if _, err := operator.Exec(t.Context(), sql, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := staff.Restore(t.Context(), "eve", id); err != nil || s.Tenant("carol").Spec.DisplayName != "Carol" {
		t.Errorf("restore: %v", err)
	}
	entries, err := log.Latest(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Entry{
		{Action: "edit", Tenant: "alice", Detail: "paidUntil none -> 2031-01-31; trial yes -> no"},
		{Action: "suspend", Tenant: "alice"},
		{Action: "resume", Tenant: "alice"},
		{Action: "delete", Tenant: "alice", Detail: "data kept until 2027-02-09"},
		{Action: "restore", Tenant: "carol", Username: "carol", Detail: "from deleted_1"},
	}
	for i := range want {
		want[i].At, want[i].Actor = now, "eve"
	}
	anyOrder := cmpopts.SortSlices(func(a, b audit.Entry) bool { return a.Action < b.Action })
	if diff := cmp.Diff(want, entries, anyOrder, cmpopts.IgnoreFields(audit.Entry{}, "ID"), cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("the audit log (-want +got):\n%s", diff)
	}
}

// A change that cannot be recorded has been made, and the error says so.
func TestStaffNotRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	portal, operator := tenancytest.Pools(t)
	staff := tenants.NewStaff(s.Client, portal, audit.NewLog(portal, clock), clock)
	version := tenants.VersionOf(s.register("alice")).Latest()
	if _, err := operator.Exec(t.Context(), `REVOKE INSERT ON public.audit FROM echoblogs_portal`); err != nil {
		t.Fatal(err)
	}
	changed, err := staff.Suspend(t.Context(), "eve", version)
	var missing *audit.NotRecordedError
	if !errors.As(err, &missing) || missing.Entry.Action != "suspend" || !changed || !s.Tenant("alice").SuspendedBySpec() {
		t.Errorf("changed %t, error %v", changed, err)
	}
}
