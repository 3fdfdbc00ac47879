package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/echoblogs/echoblogs/internal/account"
)

const week = 7 * 24 * time.Hour

func (e *env) sweep() {
	e.t.Helper()
	if err := e.accounts.Sweep(e.t.Context()); err != nil {
		e.t.Error(err)
	}
}

// confirmed makes a user's address confirmed, so that only the lack of a blog removes the account.
func (e *env) confirmed(u *account.User) { u.ConfirmedAt = e.clock() }

// longOrphaned records that all accounts have had no blog for more than a week.
func (e *env) longOrphaned() {
	e.t.Helper()
	e.exec(`UPDATE public.users SET orphaned_since = now() - interval '7 days 10 minutes'`)
}

// users returns the user names of all accounts.
func (e *env) users() []string {
	e.t.Helper()
	users, err := e.accounts.SearchUsers(e.t.Context(), "", "", 1000)
	if err != nil {
		e.t.Fatal(err)
	}
	names := make([]string, 0, len(users))
	for _, u := range users {
		names = append(names, u.Username)
	}
	return names
}

func (e *env) wantUsers(want ...string) {
	e.t.Helper()
	if got := e.users(); !slices.Equal(got, want) {
		e.t.Errorf("accounts %v, want %v", got, want)
	}
}

// Each account has had no blog for a week, apart from what its case adds.
func TestOrphanedAccountsAreRemoved(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	const invitation = `INSERT INTO public.mail_tokens (token_hash, purpose, tenant, username, email, expires_at)
		VALUES (sha256($1::text::bytea), 'invite', 'blog', $1, '', now() + $2::text::interval)`
	const registration = `INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), $1, $2, sha256($1::text::bytea), '', now(), now(), now())`
	const message = `INSERT INTO public.outbox (kind, subject, payload, attempts, next_at, created_at) VALUES ($2, $1, '{}', 0, now(), now())`
	owns := func(state string) func(string) {
		return func(username string) { e.addTenant("blog-of-"+username, username, state) }
	}
	named := func(state string) func(string) { return func(username string) { e.addTenant(username, "", state) } }
	has := func(sql, argument string) func(string) {
		return func(username string) { e.exec(sql, username, argument) }
	}
	var stay []string
	for username, c := range map[string]struct {
		add   func(username string)
		edit  func(*account.User)
		stays bool
	}{
		"nothing":            {},
		"owns-live":          {add: owns("live"), stays: true},
		"owns-tombstone":     {add: owns("tombstone"), stays: true},
		"owns-superseded":    {add: owns("superseded"), stays: true},
		"owns-released":      {add: owns("released")},
		"named-live":         {add: named("live"), stays: true},
		"named-tombstone":    {add: named("tombstone"), stays: true},
		"named-released":     {add: named("released")},
		"invited":            {add: has(invitation, "1 day"), stays: true},
		"invited-long-ago":   {add: has(invitation, "-1 day")},
		"confirming":         {add: has(registration, "confirming"), stays: true},
		"provisioning":       {add: has(registration, "provisioning"), stays: true},
		"rolling-back":       {add: has(registration, "rolling_back"), stays: true},
		"registered":         {add: has(registration, "live")},
		"failed":             {add: has(registration, "failed")},
		"invitation-to-send": {add: has(message, "mail.invite"), stays: true},
		"other-mail-to-send": {add: has(message, "mail.reset")},
		"registering":        {edit: func(u *account.User) { u.State = account.Registering }, stays: true},
		"locked":             {edit: func(u *account.User) { u.State = account.Locked }, stays: true},
		"staff":              {edit: func(u *account.User) { u.Role = account.Staff }, stays: true},
		"cached":             {add: func(username string) { e.blogs.cached = append(e.blogs.cached, username) }, stays: true},
		"live":               {add: func(username string) { e.blogs.live = append(e.blogs.live, username) }, stays: true},
	} {
		edit := c.edit
		if edit == nil {
			edit = func(*account.User) {}
		}
		e.addUser(username, e.confirmed, edit)
		if c.add != nil {
			c.add(username)
		}
		if c.stays {
			stay = append(stay, username)
		}
	}
	all := e.users()
	e.longOrphaned()
	e.blogs.unsynced = true
	e.sweep()
	e.wantUsers(all...)
	e.blogs.unsynced = false
	slices.Sort(stay)
	e.sweep()
	e.wantUsers(stay...)
	e.sweep()
	e.wantUsers(stay...)
}

// An account is removed a week after its last blog, and a blog in between starts the week again.
func TestOrphanedForAWeek(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addUser("alice", e.confirmed)
	since := func() int { return e.count(`SELECT count(*) FROM public.users WHERE orphaned_since IS NOT NULL`) }
	e.sweep()
	if since() != 1 {
		t.Error("it is not recorded that the account has no blog")
	}
	e.addTenant("alice", "alice", "live")
	e.sweep()
	if since() != 0 {
		t.Error("it is still recorded that the account has no blog")
	}
	e.exec(`UPDATE public.tenants SET owner = 'bob', name = 'bob'`)
	e.sweep()
	e.exec(`UPDATE public.users SET orphaned_since = orphaned_since - interval '7 days' + interval '1 hour'`)
	e.sweep()
	e.wantUsers("alice")
	e.exec(`UPDATE public.users SET orphaned_since = orphaned_since - interval '1 hour'`)
	e.sweep()
	e.wantUsers()
}

// With a clock ahead of the database's or behind it, no account is removed too early.
func TestRemovalTrustsNeitherClock(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addUser("alice", e.confirmed)
	e.addUser("unconfirmed")
	e.sweep()
	e.pass(10 * 365 * 24 * time.Hour)
	e.sweep()
	e.wantUsers("alice", "unconfirmed")
	if len(e.blogs.discarded) != 0 {
		t.Errorf("the blogs of %v were deleted", e.blogs.discarded)
	}
	e.longOrphaned()
	e.pass(-10*365*24*time.Hour - week)
	e.sweep()
	e.wantUsers("alice", "unconfirmed")
	e.pass(week + time.Minute)
	e.sweep()
	e.wantUsers()
}

// While the API server is unavailable, no account is removed.
func TestNoRemovalWhileTheClusterFails(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.addUser("alice", e.confirmed)
	e.longOrphaned()
	e.blogs.err = errors.New("the API server is unavailable")
	if err := e.accounts.Sweep(t.Context()); !errors.Is(err, e.blogs.err) {
		t.Errorf("got %v, want the error of the API server", err)
	}
	e.wantUsers("alice")
	e.blogs.err = nil
	e.sweep()
	e.wantUsers()
}

// The blogs of accounts that were not confirmed in time are deleted, unless they have posts.
func TestUnconfirmedAccounts(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	old := func(u *account.User) { u.CreatedAt = u.CreatedAt.Add(-week) }
	e.addAuthor("new", func(u *account.User) { u.CreatedAt = u.CreatedAt.Add(-week + time.Hour) })
	e.addAuthor("old", old)
	e.addAuthor("confirmed", old, e.confirmed)
	e.addAuthor("wrote", old)
	e.exec(`INSERT INTO public.first_posts (tenant_id, at) SELECT id, now() FROM public.tenants WHERE name = 'wrote'`)
	e.addAuthor("restorable", old)
	e.addTenant("restorable-too", "restorable", "tombstone")
	e.addAuthor("locked", old, func(u *account.User) { u.State = account.Locked })
	e.addAuthor("staff", old, func(u *account.User) { u.Role = account.Staff })
	e.sweep()
	if want := []string{"old"}; !slices.Equal(e.blogs.discarded, want) {
		t.Errorf("the blogs of %v were deleted, want %v", e.blogs.discarded, want)
	}
	// Once the blog is gone, the account does not wait for another week.
	e.exec(`DELETE FROM public.tenants WHERE name = 'old'`)
	e.sweep()
	e.wantUsers("confirmed", "locked", "new", "restorable", "staff", "wrote")
}

// Nothing that refers to a removed account is left.
func TestRemovalIsComplete(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	alice := e.addAuthor("alice", e.confirmed)
	e.logIn("alice")
	for _, login := range []string{"alice", "alice@example.org"} {
		_, _ = e.accounts.LogIn(t.Context(), login, "wrong", browser)
		if err := e.accounts.RequestReset(t.Context(), login, browser); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.accounts.ResetToken(t.Context(), alice.ID); err != nil {
		t.Fatal(err)
	}
	if err := e.accounts.SendReset(t.Context(), "eve", "alice"); err != nil {
		t.Fatal(err)
	}
	e.exec(`INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ('alice', 'due-30', now(), now())`)
	e.exec(`DELETE FROM public.tenants`)
	e.longOrphaned()
	e.sweep()
	e.wantUsers()
	for _, table := range []string{"sessions", "mail_tokens", "notices"} {
		if n := e.count(`SELECT count(*) FROM public.` + table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
	if n := e.count(`SELECT count(*) FROM public.attempts WHERE subject LIKE 'alice%'`); n != 0 {
		t.Errorf("%d counts of attempts are left", n)
	}
	if n := e.count(`SELECT count(*) FROM public.outbox WHERE user_id IS NOT NULL`); n != 0 {
		t.Errorf("%d emails are left", n)
	}
}

func TestDeletedBlogs(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for name, state := range map[string]string{"live": "live", "replaced": "superseded", "kept": "tombstone", "kept-longer": "tombstone", "released": "released"} {
		e.addTenant(name, "alice", state)
	}
	e.addTenant("bobs", "bob", "tombstone")
	e.exec(`UPDATE public.tenants SET purge_at = purge_at + interval '1 day' WHERE name = 'kept-longer'`)
	e.exec(`UPDATE public.tenants SET purge_at = purge_at + interval '2 days' WHERE name = 'replaced'`)
	purge := e.clock().AddDate(0, 0, 30)
	want := []account.DeletedBlog{
		{Name: "kept-longer", PurgeAt: purge.AddDate(0, 0, 1)}, {Name: "kept", PurgeAt: purge},
		{Name: "replaced", PurgeAt: purge.AddDate(0, 0, 2)},
	}
	deleted, err := e.accounts.DeletedBlogs(t.Context(), "alice")
	if diff := cmp.Diff(want, deleted, cmpopts.EquateApproxTime(0)); diff != "" || err != nil {
		t.Errorf("deleted blogs (-want +got), %v:\n%s", err, diff)
	}
	if after := account.RemovalAfter(deleted, e.clock()); !after.Equal(purge.AddDate(0, 0, 9)) {
		t.Errorf("the account is removed after %s", after)
	}
	if after := account.RemovalAfter(nil, e.clock()); !after.Equal(e.clock().AddDate(0, 0, 7)) {
		t.Errorf("without a deleted blog, the account is removed after %s", after)
	}
}

// More accounts than Sweep reads at once.
func TestSweepReadsPages(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at, confirmed_at, orphaned_since)
		SELECT 'user-' || n, n || '@example.org', n || '@example.org', '', 'author', 'active', now(), now(), now() - interval '8 days' FROM generate_series(1, 250) n`)
	e.sweep()
	e.wantUsers()
}

// Accounts that may be orphaned are looked at in turn, a page in each run.
func TestOrphansInTurn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at, confirmed_at)
		SELECT n, n, n, '', 'author', 'active', now(), now() FROM (SELECT 'user-' || i FROM generate_series(0, 1199) i) s (n)`)
	for i, want := range []int{500, 1000, 1200, 1200} {
		e.sweep()
		if got := e.count(`SELECT count(*) FROM public.users WHERE orphaned_since IS NOT NULL`); got != want {
			t.Errorf("after run %d %d accounts are known to be orphaned, not %d", i+1, got, want)
		}
	}
}
