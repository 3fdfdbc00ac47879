package tenants

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

var (
	// ErrDeletedByOthers is returned when an owner restores a Tenant that another user has deleted.
	ErrDeletedByOthers = errors.New("the Tenant was not deleted by its owner")
	// ErrDeleting is returned when an owner restores a Tenant whose deletion has not completed yet.
	ErrDeleting = errors.New("the Tenant is still being deleted")
)

// Deletions deletes Tenants on behalf of their owners, who can undo that while the data is retained. It records in the audit
// log what they do, and which Tenants they have deleted: those that staff or kubectl deleted stay deleted until staff decide.
type Deletions struct {
	tenants *Client
	db      postgres.Beginner
	audit   *audit.Log
	now     func() time.Time
}

// NewDeletions returns the deletions of a client's Tenants.
func NewDeletions(tenants *Client, db postgres.Beginner, log *audit.Log, now func() time.Time) *Deletions {
	return &Deletions{tenants: tenants, db: db, audit: log, now: now}
}

// Owner is a user who owns Tenants.
type Owner struct {
	Person
	// ID is the ID of the account.
	ID int64
}

// Delete deletes a Tenant of an owner. It reports whether the Tenant was not being deleted already. Errors are those of
// Client.DeleteApproved, and *audit.NotRecordedError: then only staff can restore the Tenant.
func (d *Deletions) Delete(ctx context.Context, owner Owner, v Version) (bool, error) {
	platform, err := d.tenants.Platform(ctx)
	if err != nil {
		return false, err
	}
	deleted, err := d.tenants.DeleteApproved(ctx, v)
	if err != nil || deleted == nil {
		return false, err
	}
	entry := audit.Entry{Actor: owner.Username, Action: "delete", Tenant: v.Name, Username: owner.Username, Detail: keptUntil(platform, deleted, d.now())}
	err = d.record(ctx, entry, func(ctx context.Context, tx pgx.Tx) error {
		return insertOwnerDeletion(ctx, tx, string(deleted.UID), owner.ID, d.now())
	})
	if err == nil {
		d.tenants.awaitCache(ctx, v.Name, func(t *v1alpha1.Tenant) bool {
			return t == nil || t.UID != deleted.UID || !t.DeletionTimestamp.IsZero()
		})
	}
	return true, err
}

// Restore restores the deleted Tenant of an owner, with its data, like Staff.Restore. It does nothing if the owner has the
// Tenant already. Errors are ErrNoTombstone, ErrDeletedByOthers, ErrDeleting and those of Client.Restore.
func (d *Deletions) Restore(ctx context.Context, owner Owner, name string) error {
	if naming.CheckTenant(name) != nil {
		return ErrNoTombstone
	}
	live, err := d.awaitDeletion(ctx, owner, name)
	switch {
	case err != nil:
		return err
	case live != nil:
		return nil
	}
	tombstone, err := d.find(ctx, owner, name)
	if err != nil {
		return err
	}
	if err := d.tenants.Restore(ctx, tombstone); err != nil {
		return err
	}
	d.tenants.awaitCache(ctx, name, func(t *v1alpha1.Tenant) bool { return t != nil && t.DeletionTimestamp.IsZero() })
	return d.audit.After(ctx, audit.Entry{
		Actor: owner.Username, Action: "restore", Tenant: name, Username: owner.Username, Detail: "from " + tombstone.TombstoneSchema,
	})
}

// find returns the tombstone that an owner may restore under a name.
func (d *Deletions) find(ctx context.Context, owner Owner, name string) (tenancy.Tombstone, error) {
	tombstone, err := tenancy.NewReader(d.db).FindTombstone(ctx, name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound), err == nil && tombstone.Owner != owner.Username:
		return tenancy.Tombstone{}, ErrNoTombstone
	case err != nil:
		return tenancy.Tombstone{}, err
	}
	theirs, err := deletedByOwner(ctx, d.db, []string{tombstone.UID}, owner.ID)
	switch {
	case err != nil:
		return tenancy.Tombstone{}, err
	case !theirs[tombstone.UID]:
		return tenancy.Tombstone{}, ErrDeletedByOthers
	}
	return tombstone, nil
}

// DeletedBlog is a deleted Tenant of an owner whose data is retained.
type DeletedBlog struct {
	Name string
	// PurgeAt is when the data is dropped.
	PurgeAt time.Time
	// Replaced reports whether another Tenant has the name, and Restorable whether the owner can restore this one. If
	// neither, staff can.
	Replaced, Restorable bool
}

// List lists the deleted Tenants of an owner whose data is retained, those that can be restored first. One that is being
// restored is left out.
func (d *Deletions) List(ctx context.Context, owner Owner) ([]DeletedBlog, error) {
	tombstones, err := tenancy.NewReader(d.db).ListTombstonesOf(ctx, owner.Username, d.now())
	if err != nil || len(tombstones) == 0 {
		return nil, err
	}
	uids := make([]string, len(tombstones))
	for i, t := range tombstones {
		uids[i] = t.UID
	}
	theirs, err := deletedByOwner(ctx, d.db, uids, owner.ID)
	if err != nil {
		return nil, err
	}
	var list []DeletedBlog
	for _, t := range tombstones {
		blog := DeletedBlog{Name: t.Name, PurgeAt: t.PurgeAt, Replaced: t.State == tenancy.StateSuperseded}
		if !blog.Replaced {
			if _, err := d.tenants.Get(ctx, t.Name); err == nil {
				continue
			}
			restored, err := restored(t, "")
			blog.Restorable = theirs[t.UID] && err == nil && restored.Spec.SchemaName == ""
		}
		list = append(list, blog)
	}
	return list, nil
}

const (
	// patience bounds how long a restoration waits for the operator to retain the data, and for the cache.
	patience = 3 * time.Second
	// pollInterval is how often it looks.
	pollInterval = 50 * time.Millisecond
)

// awaitDeletion waits a moment until a Tenant that is being deleted is gone. It returns the Tenant if it is not being
// deleted, or nil. Errors are ErrDeleting, and ErrNoTombstone if the Tenant has another owner.
func (d *Deletions) awaitDeletion(ctx context.Context, owner Owner, name string) (live *v1alpha1.Tenant, err error) {
	err = poll(ctx, func(ctx context.Context) (done bool, err error) {
		live, err = d.tenants.GetLive(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound):
			live = nil
			return true, nil
		case err != nil:
			return true, err
		case !IsOwner(live, owner.Person):
			return true, ErrNoTombstone
		}
		return live.DeletionTimestamp.IsZero(), nil
	})
	return live, err
}

// awaitCache waits a moment until the cache knows of a change of a Tenant, so that the next page shows it. The Tenant is nil if
// the cache has none.
func (c *Client) awaitCache(ctx context.Context, name string, known func(*v1alpha1.Tenant) bool) {
	_ = poll(ctx, func(ctx context.Context) (bool, error) { // the page is only late
		tenant, err := c.Get(ctx, name)
		if err != nil {
			return errors.Is(err, ErrNotFound) && known(nil), nil
		}
		return known(tenant), nil
	})
}

// poll repeats check until it is done, or returns ErrDeleting when patience ends.
func poll(ctx context.Context, check func(context.Context) (done bool, err error)) error {
	over := time.NewTimer(patience)
	defer over.Stop()
	again := time.NewTicker(pollInterval)
	defer again.Stop()
	for {
		if done, err := check(ctx); done || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-over.C:
			return ErrDeleting
		case <-ctx.Done():
			return ErrDeleting
		}
	}
}

// record writes the entry of a deletion that has been made, and what belongs to it, even if ctx has ended since.
func (d *Deletions) record(ctx context.Context, e audit.Entry, further func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer cancel()
	if err := d.audit.InTx(ctx, e, func(tx pgx.Tx) error { return further(ctx, tx) }); err != nil {
		e.At = d.now()
		return &audit.NotRecordedError{Entry: e, Err: err}
	}
	return nil
}
