package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// BloglessLife is how long an account lasts without a blog: for so long a manifest that names another owner by mistake can
// be put right, before anybody else may take the user name and be who the manifest means.
const BloglessLife = 7 * 24 * time.Hour

// UnconfirmedLife is how long an account lasts whose address is not confirmed.
const UnconfirmedLife = 7 * 24 * time.Hour

// Removable is a user whose account is about to be removed.
type Removable struct {
	// ID and Username are the user's.
	ID       int64
	Username string
}

// unconfirmed is the condition under which the blog of a user u is taken back at the moment $1: an author whose account has
// lasted as long as one may without being confirmed, who never wrote, and of whom nothing is kept that could be restored.
var unconfirmed = overdue + ` AND u.role = 'author' AND u.state = 'active'
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> ''
		AND (t.state IN ('tombstone', 'superseded') OR EXISTS (SELECT FROM public.first_posts f WHERE f.tenant_id = t.id)))`

// overdue is that a user u was to confirm an address, and has not. What is removed is gone for good, so that the earlier of
// two clocks counts here and below, the site's and the database's.
var overdue = fmt.Sprintf(`u.confirmed_at IS NULL AND u.created_at <= least($1::timestamptz, now()) - interval '%d seconds'`, UnconfirmedLife/time.Second)

// blogless is the condition under which the account of a user u is of no use to anybody at the moment $1: no blog is
// theirs or has their name, none can be restored, and none is on its way. Who is locked stays, or the address would be
// free for who is locked; so does staff.
const blogless = `u.role = 'author' AND u.state = 'active'
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> '' AND t.state <> 'released')
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.name = u.username AND t.state <> 'released')
	AND NOT EXISTS (SELECT FROM public.registrations r WHERE r.username = u.username AND r.state IN ('confirming', 'provisioning', 'rolling_back'))
	AND NOT EXISTS (SELECT FROM public.mail_tokens i WHERE i.username = u.username AND i.purpose = 'invite' AND i.expires_at > $1)
	AND NOT EXISTS (SELECT FROM public.outbox m WHERE m.subject = u.username AND m.kind = 'mail.invite')`

// removable is the condition under which the account of a user u is removed at the moment $1: it has been blogless for as
// long as one may, or was not confirmed in time.
var removable = blogless + fmt.Sprintf(` AND (u.blogless_since <= least($1::timestamptz, now()) - interval '%d seconds' OR `, BloglessLife/time.Second) + overdue + `)`

// ListUnconfirmed returns users whose accounts were not confirmed in time and whose blogs nobody misses, by their ids,
// which are beyond after.
func ListUnconfirmed(ctx context.Context, db postgres.Querier, after int64, limit int, now time.Time) ([]Removable, error) {
	return listRemovable(ctx, db, unconfirmed, after, limit, now)
}

// NoteBlogless writes down since when accounts have no blog, as far as the database knows, and forgets it of those that
// have one again.
func NoteBlogless(ctx context.Context, db postgres.Querier, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.users u SET blogless_since = NULL WHERE u.blogless_since IS NOT NULL AND NOT (`+blogless+`)`, now)
	batch.Queue(`UPDATE public.users u SET blogless_since = $1 WHERE u.blogless_since IS NULL AND `+blogless, now)
	if err := db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("note which accounts have no blog: %w", err)
	}
	return nil
}

// ListBlogless returns users who have had no blog for as long as one may, as far as the database knows, by their ids,
// which are beyond after.
func ListBlogless(ctx context.Context, db postgres.Querier, after int64, limit int, now time.Time) ([]Removable, error) {
	return listRemovable(ctx, db, removable, after, limit, now)
}

func listRemovable(ctx context.Context, db postgres.Querier, condition string, after int64, limit int, now time.Time) ([]Removable, error) {
	rows, err := db.Query(ctx, `SELECT u.id, u.username FROM public.users u WHERE `+condition+` AND u.id > $2 ORDER BY u.id LIMIT $3`, now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list accounts to be removed: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Removable])
	if err != nil {
		return nil, fmt.Errorf("list accounts to be removed: %w", err)
	}
	return found, nil
}

// RemoveBlogless removes the account of a user who has no blog still, with all that is theirs, and reports whether it did:
// of two who try it at once, one does.
func RemoveBlogless(ctx context.Context, db postgres.Beginner, id int64, now time.Time) (bool, error) {
	removed := false
	err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
		var username, email string
		err := tx.QueryRow(ctx, `DELETE FROM public.users u WHERE `+removable+` AND u.id = $2 RETURNING u.username, u.email_key`, now, id).
			Scan(&username, &email)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		removed = true
		batch := &pgx.Batch{} // what tells of them by their names; what does so by their id has gone with the row
		batch.Queue(`DELETE FROM public.notices WHERE tenant = $1`, username)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return ratelimit.Forget(ctx, tx, username, email)
	})
	if err != nil {
		return false, fmt.Errorf("remove the account of user %d: %w", id, err)
	}
	return removed, nil
}
