package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// Listing is what the blog knows of one tenant: enough to answer for its hosts without another look at the registry.
type Listing struct {
	// ID is the tenant's id; it is never used again.
	ID int64
	// Name is the tenant's name.
	Name string
	// SchemaName is the schema that holds the tenant's tables.
	SchemaName string
	// DisplayName is the title of the blog; never empty.
	DisplayName string
	// Owner is the name of the user who may write there. Empty: nobody.
	Owner string
	// PrimaryHost is the host that links lead to. Empty when the tenant is not live.
	PrimaryHost string
	// Hosts are all hosts of the tenant, the primary one included. Empty when the tenant is not live.
	Hosts []string
	// PaidUntil is the last paid day, at midnight UTC.
	PaidUntil time.Time
	// SuspendAt is the moment from which readers get 402. The zero time: suspended by hand.
	SuspendAt time.Time
	// RequestsPerSecond is the limit of each replica. nil: none.
	RequestsPerSecond *int32
}

// Suspended reports whether readers get 402 at the moment now.
func (l *Listing) Suspended(now time.Time) bool { return !now.Before(l.SuspendAt) }

// View is what the registry said at one moment.
type View struct {
	// At is the database's time; everything committed before it is in the view.
	At time.Time
	// Installation is the Platform, the scheme and port of whose public site every link carries. The zero value before
	// the operator's first contact with the database.
	Installation Installation
	// Tenants are the live tenants, or those that changed, the ones that are gone included.
	Tenants []Listing
}

const selectListings = `SELECT t.id, t.name, t.schema_name, t.display_name, t.owner, t.paid_until, t.suspend_at, t.requests_per_second,
	(SELECT d.host FROM public.domains d WHERE t.state = 'live' AND d.tenant_id = t.id AND d.is_primary),
	(SELECT array_agg(d.host) FROM public.domains d WHERE t.state = 'live' AND d.tenant_id = t.id AND d.released_at IS NULL)
	FROM public.tenants t `

// ReadAll returns the view with every live tenant, in one round trip.
func ReadAll(ctx context.Context, db Querier) (View, error) {
	return readView(ctx, db, selectListings+`WHERE t.state = 'live'`)
}

// ReadChangedSince returns the view with the tenants that changed at or after the moment since, in one round trip. A
// transaction stamps its changes with the moment it began, so since has to lie before the last view by more than the
// longest transaction.
func ReadChangedSince(ctx context.Context, db Querier, since time.Time) (View, error) {
	return readView(ctx, db, selectListings+`WHERE t.updated_at >= $1`, since)
}

// ReadByID returns the tenants with the given ids, those that are gone but still have a row included.
func ReadByID(ctx context.Context, db Querier, ids []int64) ([]Listing, error) {
	rows, err := db.Query(ctx, selectListings+`WHERE t.id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read tenants by id: %w", err)
	}
	listings, err := pgx.CollectRows(rows, scanListing)
	if err != nil {
		return nil, fmt.Errorf("read tenants by id: %w", err)
	}
	return listings, nil
}

// readView sends its statements as one batch, which is one transaction: the time is read before the rows.
func readView(ctx context.Context, db Querier, sql string, args ...any) (View, error) {
	var view View
	batch := &pgx.Batch{}
	batch.Queue(`SELECT now()`).QueryRow(func(row pgx.Row) error { return row.Scan(&view.At) })
	batch.Queue(selectInstallation).QueryRow(func(row pgx.Row) (err error) {
		if view.Installation, err = scanInstallation(row); errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	batch.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		view.Tenants, err = pgx.CollectRows(rows, scanListing)
		return err
	})
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return View{}, fmt.Errorf("read tenants and their hosts: %w", err)
	}
	return view, nil
}

func scanListing(row pgx.CollectableRow) (Listing, error) {
	var (
		l         Listing
		primary   pgtype.Text
		suspendAt pgtype.Timestamptz
	)
	err := row.Scan(&l.ID, &l.Name, &l.SchemaName, &l.DisplayName, &l.Owner, &l.PaidUntil, &suspendAt, &l.RequestsPerSecond,
		&primary, &l.Hosts)
	l.SuspendAt = fromTimestamp(suspendAt)
	l.PrimaryHost = primary.String
	return l, err
}
