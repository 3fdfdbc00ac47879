package tenants_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// deletionsTest has the tables of a portal, and does what the operator does when a Tenant is deleted.
type deletionsTest struct {
	*site
	*tenants.Deletions
	log              *audit.Log
	portal, operator *pgxpool.Pool
}

func newDeletionsTest(t *testing.T) *deletionsTest {
	t.Helper()
	d := &deletionsTest{site: newSite(t)}
	d.portal, d.operator = tenancytest.Pools(t)
	d.log = audit.NewLog(d.portal, clock)
	d.Deletions = tenants.NewDeletions(d.site.Client, d.portal, d.log, clock)
	return d
}

func (d *deletionsTest) exec(sql string, arguments ...any) {
	d.t.Helper()
	if _, err := d.operator.Exec(d.t.Context(), sql, arguments...); err != nil {
		d.t.Fatal(err)
	}
}

// user adds an account, and returns it as an owner.
func (d *deletionsTest) user(name string) tenants.Owner {
	d.t.Helper()
	o := tenants.Owner{Person: tenants.Person{Username: name, Email: name + "@example.org"}}
	err := d.operator.QueryRow(d.t.Context(), `INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		VALUES ($1, $2, $2, '', 'author', 'active', now()) RETURNING id`, name, o.Email).Scan(&o.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	return o
}

// retain makes a deleted Tenant a tombstone, and lets the object go.
func (d *deletionsTest) retain(tenant *v1alpha1.Tenant, owner string) {
	d.t.Helper()
	id := addRow(d.t, d.operator, tenant.Name, now)
	d.exec(`UPDATE public.tenants SET state = 'tombstone', owner = $2, uid = $3, tombstone_schema = 'deleted_' || id, released_at = now(), purge_at = '2027-02-09' WHERE id = $1`, id, owner, string(tenant.UID))
	d.exec(`INSERT INTO public.tenant_objects (tenant_id, digest, object) VALUES ($1, 'any', json_build_object(
			'metadata', json_build_object('annotations', json_build_object('`+v1alpha1.AnnotationRegistration+`', $3::text)),
			'spec', json_build_object('owner', json_build_object('username', $2::text, 'email', $2 || '@example.org'))))`,
		id, owner, tenants.RegistrationID(tenant))
	d.EditTenant(tenant.Name, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	d.WaitGone(tenant.Name)
	d.Wait("the cache has lost the Tenant", d.gone(tenant.Name))
}

// tenantID returns the ID of a Tenant's row.
func (d *deletionsTest) tenantID(name string) (id string) {
	d.t.Helper()
	if err := d.operator.QueryRow(d.t.Context(), `SELECT id::text FROM public.tenants WHERE name = $1`, name).Scan(&id); err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d *deletionsTest) gone(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		if _, err := d.site.Get(ctx, name); !errors.Is(err, tenants.ErrNotFound) {
			return fmt.Errorf("it has: %w", err)
		}
		return nil
	}
}

func (d *deletionsTest) waitCached(name string) {
	d.t.Helper()
	d.Wait("the cache has the Tenant", func(ctx context.Context) error {
		_, err := d.site.Get(ctx, name)
		return err
	})
}

// An owner restores the Tenant that they have deleted, as it was, once. Others cannot, and what was done is recorded.
func TestOwnerRestores(t *testing.T) {
	t.Parallel()
	d := newDeletionsTest(t)
	alice, bob := d.user("alice"), d.user("bob")
	tenant := d.register("alice")
	d.waitCached("alice")
	if deleted, err := d.Deletions.Delete(t.Context(), alice, tenants.VersionOf(tenant)); err != nil || !deleted {
		t.Fatalf("delete: %t, error %v", deleted, err)
	}
	if deleted, err := d.Deletions.Delete(t.Context(), alice, tenants.VersionOf(tenant).Latest()); err != nil || deleted {
		t.Errorf("delete again: %t, error %v", deleted, err)
	}
	if err := d.Deletions.Restore(t.Context(), alice, "alice"); !errors.Is(err, tenants.ErrDeleting) {
		t.Errorf("the restoration before the deletion has completed: %v", err)
	}
	d.retain(tenant, "alice")

	want := []tenants.DeletedBlog{{Name: "alice", PurgeAt: time.Date(2027, 2, 9, 0, 0, 0, 0, time.UTC), Restorable: true}}
	list, err := d.List(t.Context(), alice)
	if diff := cmp.Diff(want, list, cmpopts.EquateApproxTime(0)); diff != "" || err != nil {
		t.Errorf("deleted blogs (-want +got), %v:\n%s", err, diff)
	}
	if err := d.Deletions.Restore(t.Context(), bob, "alice"); !errors.Is(err, tenants.ErrNoTombstone) {
		t.Errorf("the restoration by another user: %v", err)
	}
	for range 2 { // the second does nothing
		if err := d.Deletions.Restore(t.Context(), alice, "alice"); err != nil {
			t.Fatalf("restore: %v", err)
		}
	}
	restored := d.Tenant("alice")
	if restored.UID == tenant.UID || tenants.RegistrationID(restored) != "r-alice" || !tenants.IsOwner(restored, alice.Person) ||
		restored.Annotations[v1alpha1.AnnotationOnTombstone] != "Restore/"+d.tenantID("alice") {
		t.Errorf("restored %+v", restored.ObjectMeta)
	}
	if list, err := d.List(t.Context(), alice); err != nil || len(list) != 0 {
		t.Errorf("after the restoration, %+v are listed, error %v", list, err)
	}
	entries, err := d.log.ByUser(t.Context(), "alice", 10)
	recorded := []audit.Entry{
		{Actor: "alice", Action: "restore", Tenant: "alice", Username: "alice", Detail: "from deleted_" + d.tenantID("alice")},
		{Actor: "alice", Action: "delete", Tenant: "alice", Username: "alice", Detail: "data kept until 2027-02-09"},
	}
	if diff := cmp.Diff(recorded, entries, cmpopts.IgnoreFields(audit.Entry{}, "ID", "At")); diff != "" || err != nil {
		t.Errorf("the audit log (-want +got), %v:\n%s", err, diff)
	}
}

// A Tenant that staff or kubectl deleted is not its owner's to restore: neither the first time, nor after its owner has
// deleted and restored it before.
func TestOwnerDoesNotRestoreWhatOthersDeleted(t *testing.T) {
	t.Parallel()
	d := newDeletionsTest(t)
	alice := d.user("alice")
	tenant := d.register("alice")
	d.waitCached("alice")
	byAlice := func(tenant *v1alpha1.Tenant) error {
		_, err := d.Deletions.Delete(t.Context(), alice, tenants.VersionOf(tenant).Latest())
		return err
	}
	byStaff := func(tenant *v1alpha1.Tenant) error {
		_, err := tenants.NewStaff(d.site.Client, d.portal, d.log, clock).Delete(t.Context(), "eve", tenants.VersionOf(tenant).Latest())
		return err
	}
	byKubectl := func(tenant *v1alpha1.Tenant) error { return d.Platform.Client.Delete(t.Context(), tenant) }
	for i, step := range []struct {
		how  string
		by   func(*v1alpha1.Tenant) error
		want error
	}{
		{"kubectl", byKubectl, tenants.ErrDeletedByOthers}, {"the owner", byAlice, nil}, {"staff", byStaff, tenants.ErrDeletedByOthers}, {"kubectl", byKubectl, tenants.ErrDeletedByOthers},
	} {
		if err := step.by(tenant); err != nil {
			t.Fatal(err)
		}
		d.retain(tenant, "alice")
		list, err := d.List(t.Context(), alice)
		if err != nil || len(list) != 1 || list[0].Restorable != (step.want == nil) {
			t.Errorf("%d, deleted by %s: %+v, error %v", i, step.how, list, err)
		}
		if err := d.Deletions.Restore(t.Context(), alice, "alice"); !errors.Is(err, step.want) {
			t.Errorf("%d, deleted by %s: the restoration returns %v, want %v", i, step.how, err, step.want)
		}
		if step.want != nil {
			id, err := strconv.ParseInt(d.tenantID("alice"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tenants.NewStaff(d.site.Client, d.portal, d.log, clock).Restore(t.Context(), "eve", id); err != nil {
				t.Fatal(err)
			}
		}
		d.exec(`DELETE FROM public.tenants WHERE name = 'alice'`)
		tenant = d.Tenant("alice")
		d.waitCached("alice")
	}
}

// The record of a deletion outlives only its tombstone.
func TestDeleteStaleDeletions(t *testing.T) {
	t.Parallel()
	d := newDeletionsTest(t)
	alice := d.user("alice")
	id := addRow(t, d.operator, "kept", now)
	d.exec(`UPDATE public.tenants SET state = 'tombstone', uid = 'kept', tombstone_schema = 'deleted_' || id WHERE id = $1`, id)
	for uid, at := range map[string]time.Time{"kept": now.AddDate(0, 0, -9), "old": now.AddDate(0, 0, -9), "new": now} {
		d.exec(`INSERT INTO public.owner_deletions (uid, user_id, deleted_at) VALUES ($1, $2, $3)`, uid, alice.ID, at)
	}
	if err := tenants.DeleteStaleDeletions(t.Context(), d.portal, now.AddDate(0, 0, -1)); err != nil {
		t.Fatal(err)
	}
	var left []string
	if err := d.operator.QueryRow(t.Context(), `SELECT array_agg(uid ORDER BY uid) FROM public.owner_deletions`).Scan(&left); err != nil || !cmp.Equal(left, []string{"kept", "new"}) {
		t.Errorf("left are %v, error %v", left, err)
	}
}
