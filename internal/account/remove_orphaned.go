package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// OrphanedLife is how long an account may exist without a blog. It leaves time to correct a manifest that names another
// owner by mistake, before someone else can sign up with the user name and own the blog.
const OrphanedLife = 7 * 24 * time.Hour

const (
	// sweepPageSize is how many accounts Sweep reads at once.
	sweepPageSize = 100
	// orphansPageSize is how many accounts are looked at in one run to see whether they are orphaned.
	orphansPageSize = 500
)

// Removal cannot be undone. So the conditions use the earlier of two clocks, the site's ($1) and the database's.

// unconfirmed is the condition under which a user u has not confirmed their address in time.
var unconfirmed = fmt.Sprintf(`u.confirmed_at IS NULL AND u.created_at <= least($1::timestamptz, now()) - interval '%d seconds'`, UnconfirmedLife/time.Second)

// discardable is the condition under which the blog of a user u is deleted: they have not confirmed their address in
// time, have never written, and have no deleted blog that can be restored.
var discardable = unconfirmed + ` AND u.role = 'author' AND u.state = 'active'
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> ''
		AND (t.state IN (` + tombstone + `, ` + superseded + `) OR EXISTS (SELECT FROM public.first_posts f WHERE f.tenant_id = t.id)))`

// orphaned is the condition under which an account of a user u has no reason to be kept: no blog is theirs or has their
// name, none can be restored, and none is being created. Locked accounts are kept, because a locked user could otherwise
// sign up again with the same address. Accounts of staff are kept, too. The tenants with a name are found through two indexes:
// that of names in use, and that of tombstones, which superseded ones are. OFFSET 0 keeps Postgres from reading all tenants for
// one page of accounts.
const orphaned = `u.role = 'author' AND u.state = 'active'
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.owner = u.username AND t.owner <> '' AND t.state <> ` + released + ` OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.name = u.username AND t.state <> ` + superseded + ` AND t.state <> ` + released + ` OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.tenants t WHERE t.name = u.username AND t.tombstone_schema IS NOT NULL AND t.state <> ` + released + ` OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.registrations r WHERE r.username = u.username AND r.state IN ('confirming', 'provisioning', 'rolling_back') OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.mail_tokens i WHERE i.username = u.username AND i.purpose = 'invite' AND i.expires_at > $1 OFFSET 0)
	AND NOT EXISTS (SELECT FROM public.outbox m WHERE m.subject = u.username AND m.kind = 'mail.invite' OFFSET 0)`

// removable is the condition under which the account of a user u is removed: it has been orphaned for OrphanedLife, or
// is orphaned and was not confirmed in time.
var removable = orphaned + fmt.Sprintf(` AND (u.orphaned_since <= least($1::timestamptz, now()) - interval '%d seconds' OR `, OrphanedLife/time.Second) + unconfirmed + `)`

// Sweep deletes the blogs of accounts that were not confirmed in time, and removes the accounts of users who have had no
// blog for OrphanedLife. Each call looks for accounts without a blog among the next few only, so that its cost does not
// depend on the number of accounts. Calls must not be concurrent; replicas may.
func (s *Service) Sweep(ctx context.Context) error {
	if !s.blogs.Synced(ctx) {
		return nil
	}
	return errors.Join(
		s.eachPage(ctx, discardable, s.discardUnconfirmed),
		s.markOrphaned(ctx),
		s.eachPage(ctx, removable, s.removeOrphaned),
	)
}

// userRef identifies an account that Sweep processes.
type userRef struct {
	ID       int64
	Username string
}

// eachPage calls work with the accounts that satisfy a condition, a page at a time. After a failure it continues with the
// next page.
func (s *Service) eachPage(ctx context.Context, condition string, work func(context.Context, []userRef) error) error {
	var failed error
	for last := int64(0); ; {
		page, err := listAccounts(ctx, s.db, condition, last, s.now())
		if err != nil {
			return errors.Join(failed, err)
		}
		if len(page) > 0 {
			failed = errors.Join(failed, work(ctx, page))
			last = page[len(page)-1].ID
		}
		if len(page) < sweepPageSize {
			return failed
		}
	}
}

func listAccounts(ctx context.Context, db postgres.Querier, condition string, after int64, now time.Time) ([]userRef, error) {
	rows, err := db.Query(ctx, `SELECT u.id, u.username FROM public.users u WHERE `+condition+` AND u.id > $2 ORDER BY u.id LIMIT $3`, now, after, sweepPageSize)
	if err != nil {
		return nil, fmt.Errorf("list accounts to remove: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[userRef])
	if err != nil {
		return nil, fmt.Errorf("list accounts to remove: %w", err)
	}
	return found, nil
}

// discardUnconfirmed deletes the blogs that sign-ups created. The accounts are removed when the blogs are gone.
func (s *Service) discardUnconfirmed(ctx context.Context, page []userRef) error {
	var failed error
	for _, a := range page {
		switch discarded, err := s.blogs.DiscardSignup(ctx, a.Username); {
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("delete blog of unconfirmed account %s: %w", a.Username, err))
		case discarded:
			s.log.LogAttrs(ctx, slog.LevelInfo, "Deleted the blog of an account that was not confirmed in time", slog.String("username", a.Username))
		}
	}
	return failed
}

// markOrphaned records since when accounts are orphaned, as far as the database knows: of all that were, and of the next
// few others.
func (s *Service) markOrphaned(ctx context.Context) error {
	var last *int64
	var seen int
	err := s.db.QueryRow(ctx, `SELECT max(id), count(*) FROM (SELECT id FROM public.users WHERE id > $1 ORDER BY id LIMIT $2) page`,
		s.orphansAfter, orphansPageSize).Scan(&last, &seen)
	if err != nil {
		return fmt.Errorf("list accounts that may be orphaned: %w", err)
	}
	now := s.now()
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE public.users u SET orphaned_since = NULL WHERE u.orphaned_since IS NOT NULL AND NOT (`+orphaned+`)`, now)
	batch.Queue(`UPDATE public.users u SET orphaned_since = $1 WHERE u.orphaned_since IS NULL AND u.id > $2 AND u.id <= $3 AND `+orphaned, now, s.orphansAfter, last)
	if err := s.db.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("mark orphaned accounts: %w", err)
	}
	s.orphansAfter = 0
	if seen == orphansPageSize {
		s.orphansAfter = *last
	}
	return nil
}

// removeOrphaned removes the accounts for which the API server has no Tenant either. The cache excludes most; because it
// may be stale, the rest is checked against the API server. If a Tenant is created between that check and the removal, its
// owner is invited like any owner without an account.
func (s *Service) removeOrphaned(ctx context.Context, page []userRef) error {
	var candidates []userRef
	for _, a := range page {
		has, err := s.blogs.HasBlog(ctx, a.Username)
		if err != nil {
			return err
		}
		if !has {
			candidates = append(candidates, a)
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	names, err := s.blogs.LiveNames(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, a := range candidates {
		if names[a.Username] {
			continue
		}
		removed, err := removeAccount(ctx, s.db, a.ID, s.now())
		failed = errors.Join(failed, err)
		if removed {
			s.metrics.removed.Inc()
			s.log.LogAttrs(ctx, slog.LevelInfo, "Removed an orphaned account", slog.String("username", a.Username))
		}
	}
	return failed
}

// removeAccount removes an account that is still removable, with everything that refers to it, and reports whether it
// did. If two replicas try concurrently, one of them succeeds.
func removeAccount(ctx context.Context, db postgres.Beginner, id int64, now time.Time) (removed bool, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
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
		// What refers to the user by ID is deleted by cascade; this refers to the names.
		if _, err := tx.Exec(ctx, `DELETE FROM public.notices WHERE tenant = $1`, username); err != nil {
			return err
		}
		return ratelimit.Forget(ctx, tx, username, email)
	})
	if err != nil {
		return false, fmt.Errorf("remove account of user %d: %w", id, err)
	}
	return removed, nil
}
