package tenants

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// ErrNoTombstone is returned when no tombstone with a name can be restored.
var ErrNoTombstone = errors.New("no deleted Tenant of this name can be restored")

// Staff changes Tenants on behalf of staff and records each change in the audit log. Its methods return the errors of the
// Client's method of the same name, or an *audit.NotRecordedError if the change was made but not recorded.
type Staff struct {
	tenants *Client
	db      postgres.Querier
	audit   *audit.Log
	now     func() time.Time
}

// NewStaff returns the changes that staff can make to a client's Tenants.
func NewStaff(tenants *Client, db postgres.Querier, log *audit.Log, now func() time.Time) *Staff {
	return &Staff{tenants: tenants, db: db, audit: log, now: now}
}

// Edit changes settings of a Tenant. It reports whether anything has changed.
func (s *Staff) Edit(ctx context.Context, actor string, change Change) (bool, error) {
	changed, err := s.tenants.Edit(ctx, change)
	if len(changed) == 0 {
		return false, err
	}
	detail := make([]string, len(changed))
	for i, d := range changed {
		detail[i] = d.String()
	}
	return true, errors.Join(err, s.audit.After(ctx, audit.Entry{Actor: actor, Action: "edit", Tenant: change.Name, Detail: strings.Join(detail, "; ")}))
}

// Suspend suspends a Tenant. It reports whether the Tenant was not suspended before.
func (s *Staff) Suspend(ctx context.Context, actor string, v Version) (bool, error) {
	changed, err := s.tenants.Suspend(ctx, v)
	if err != nil || !changed {
		return false, err
	}
	return true, s.audit.After(ctx, audit.Entry{Actor: actor, Action: "suspend", Tenant: v.Name})
}

// Resume ends a suspension. It reports whether the Tenant was suspended before.
func (s *Staff) Resume(ctx context.Context, actor string, v Version) (bool, error) {
	changed, err := s.tenants.Resume(ctx, v)
	if err != nil || !changed {
		return false, err
	}
	return true, s.audit.After(ctx, audit.Entry{Actor: actor, Action: "resume", Tenant: v.Name})
}

// Delete deletes a Tenant. It reports whether the Tenant was not being deleted already.
func (s *Staff) Delete(ctx context.Context, actor string, v Version) (bool, error) {
	platform, err := s.tenants.Platform(ctx)
	if err != nil {
		return false, err
	}
	deleted, err := s.tenants.Delete(ctx, v)
	if err != nil || deleted == nil {
		return false, err
	}
	return true, s.audit.After(ctx, audit.Entry{Actor: actor, Action: "delete", Tenant: v.Name, Detail: keptUntil(platform, deleted, s.now())})
}

// ApproveDeletion lets the held deletion of a Tenant pass. Errors are those of the function of the same name, and ErrNotFound.
func (s *Staff) ApproveDeletion(ctx context.Context, actor, name string) error {
	held, err := s.tenants.GetLive(ctx, name)
	if err != nil {
		return err
	}
	if err := ApproveDeletion(ctx, s.tenants.client, held); err != nil {
		return err
	}
	return s.audit.After(ctx, audit.Entry{Actor: actor, Action: "approve deletion", Tenant: name})
}

// CancelDeletion cancels the held deletion of a Tenant. Errors are those of the function of the same name, ErrNotFound, and
// ErrNamesSchema if the public site may not create the Tenant again.
func (s *Staff) CancelDeletion(ctx context.Context, actor, name string) error {
	held, err := s.tenants.GetLive(ctx, name)
	if err != nil {
		return err
	}
	if !portalMayCreate(held) {
		return fmt.Errorf("cancel the deletion of %s: %w", name, ErrNamesSchema)
	}
	err = CancelDeletion(ctx, s.tenants.client, held)
	if err != nil && !errors.Is(err, ErrNotDone) {
		return err
	}
	if err == nil {
		s.tenants.awaitCache(ctx, name, func(t *v1alpha1.Tenant) bool { return t != nil && t.UID != held.UID })
	}
	return errors.Join(err, s.audit.After(ctx, audit.Entry{Actor: actor, Action: "cancel deletion", Tenant: name}))
}

// portalMayCreate reports whether the admission policy lets the portal create a Tenant like this one.
func portalMayCreate(t *v1alpha1.Tenant) bool {
	_, adopts := t.Annotations[v1alpha1.AnnotationAdoptSchema]
	_, recreates := t.Annotations[v1alpha1.AnnotationOnMissing]
	return t.Spec.SchemaName == "" && !adopts && !recreates
}

// keptUntil says in the audit log what a deletion does to the data.
func keptUntil(platform *v1alpha1.Platform, deleted *v1alpha1.Tenant, now time.Time) string {
	until := KeptUntil(platform, deleted, now)
	if until.IsZero() {
		return "data dropped at once"
	}
	return "data kept until " + until.UTC().Format(time.DateOnly)
}

// Restore restores a deleted Tenant, of which it returns the tombstone. It returns ErrNoTombstone if there is none with that ID.
func (s *Staff) Restore(ctx context.Context, actor string, id int64) (tenancy.Tombstone, error) {
	tombstone, err := tenancy.NewReader(s.db).GetTombstone(ctx, id)
	if errors.Is(err, tenancy.ErrNotFound) {
		return tombstone, ErrNoTombstone
	}
	if err != nil {
		return tombstone, err
	}
	if err := s.tenants.Restore(ctx, tombstone); err != nil {
		return tombstone, err
	}
	return tombstone, s.audit.After(ctx, audit.Entry{
		Actor: actor, Action: "restore", Tenant: tombstone.Name, Username: tombstone.Owner, Detail: "from " + tombstone.TombstoneSchema,
	})
}
