package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// password is valid, and the password of every user that a test adds.
const password = "a horse reads slowly"

// env is a prepared database with a Service that uses the portal's role.
type env struct {
	t        *testing.T
	db       *pgxpool.Pool // with the portal's role
	operator *pgxpool.Pool
	accounts *account.Service
	audit    *audit.Log
	blogs    *fakeBlogs
	hasher   *fakeHasher
	dns      *fakeDNS

	mu  sync.Mutex
	now time.Time
}

func newEnv(t *testing.T) *env {
	t.Helper()
	db, operator := tenancytest.Pools(t)
	e := &env{
		t: t, db: db, operator: operator, blogs: &fakeBlogs{}, hasher: &fakeHasher{}, dns: &fakeDNS{},
		now: time.Now().UTC().Truncate(time.Second), // the removal of accounts also looks at the database's clock
	}
	e.audit = audit.NewLog(e.db, e.clock)
	e.accounts = account.New(account.Options{DB: e.db, Blogs: e.blogs, Hasher: e.hasher, Resolver: e.dns, Log: slog.New(slog.DiscardHandler), Now: e.clock})
	return e
}

func (e *env) clock() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

func (e *env) pass(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now = e.now.Add(d)
}

func (e *env) exec(sql string, args ...any) {
	e.t.Helper()
	if _, err := e.operator.Exec(e.t.Context(), sql, args...); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
}

func (e *env) count(sql string, args ...any) int {
	e.t.Helper()
	var n int
	if err := e.operator.QueryRow(e.t.Context(), sql, args...).Scan(&n); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// addUser adds an active author without a blog.
func (e *env) addUser(name string, edits ...func(*account.User)) account.User {
	e.t.Helper()
	hash, err := e.hasher.Hash(e.t.Context(), "", password)
	if err != nil {
		e.t.Fatal(err)
	}
	u := account.User{
		Username: name, Email: strings.ToUpper(name[:1]) + name[1:] + "@example.org", PasswordHash: hash,
		Role: account.Author, State: account.Active, CreatedAt: e.clock(),
	}
	for _, edit := range edits {
		edit(&u)
	}
	if u.ID, err = account.InsertUser(e.t.Context(), e.db, u); err != nil {
		e.t.Fatal(err)
	}
	return u
}

// addTenant adds a row to the registry, with a host.
func (e *env) addTenant(name, owner, state string) {
	e.t.Helper()
	var purgeAt *time.Time
	if state == "tombstone" || state == "superseded" {
		purgeAt = new(e.clock().AddDate(0, 0, 30))
	}
	e.exec(`WITH t AS (INSERT INTO public.tenants
				(name, schema_name, tombstone_schema, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at, released_at, purge_at)
				VALUES ($1, $1, $1, $3, '1', 'Blog of ' || $1, $2, now(), now(), now(), now(), now(), $4) RETURNING id),
			s AS (INSERT INTO public.tenant_objects (tenant_id, digest, object) SELECT id, 'any', '{}' FROM t)
		INSERT INTO public.domains (host, tenant_id, is_primary) SELECT $1 || '.example.com', id, true FROM t`, name, owner, state, purgeAt)
}

// addAuthor adds a user who owns a live blog of their name.
func (e *env) addAuthor(name string, edits ...func(*account.User)) account.User {
	e.t.Helper()
	e.addTenant(name, name, "live")
	return e.addUser(name, edits...)
}

// logIn returns the token, session and user of a login that succeeds.
func (e *env) logIn(name string) (string, account.Session, account.User) {
	e.t.Helper()
	token, err := e.accounts.LogIn(e.t.Context(), name, password, account.Browser{Address: "192.0.2.1", UserAgent: "Firefox"})
	if err != nil {
		e.t.Fatalf("log in as %s: %v", name, err)
	}
	session, user, err := e.accounts.Authenticate(e.t.Context(), token)
	if err != nil {
		e.t.Fatalf("authenticate as %s: %v", name, err)
	}
	return token, session, user
}

// wantEnded fails the test unless a session has ended.
func (e *env) wantEnded(token string) {
	e.t.Helper()
	if _, _, err := e.accounts.Authenticate(e.t.Context(), token); !errors.Is(err, account.ErrNotFound) {
		e.t.Errorf("the session has not ended: %v", err)
	}
}

// wantAlive fails the test unless a session continues.
func (e *env) wantAlive(token string) {
	e.t.Helper()
	if _, _, err := e.accounts.Authenticate(e.t.Context(), token); err != nil {
		e.t.Errorf("the session has ended: %v", err)
	}
}

// mails returns the emails in the outbox, in order, as "kind recipient", where the recipient is the user name, or what the
// mail says of a recipient who is not known yet.
func (e *env) mails() []string {
	e.t.Helper()
	rows, err := e.operator.Query(e.t.Context(), `SELECT substr(m.kind, 6) || ' ' || COALESCE(u.username, m.payload->>'login', m.subject)
		FROM public.outbox m LEFT JOIN public.users u ON u.id = m.user_id ORDER BY m.id`)
	if err != nil {
		e.t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		e.t.Fatal(err)
	}
	return list
}

func (e *env) wantMails(want ...string) {
	e.t.Helper()
	if got := e.mails(); !slices.Equal(got, want) {
		e.t.Errorf("queued emails %q, want %q", got, want)
	}
}

// wantAudit fails the test unless these are the actions in the audit log, newest first.
func (e *env) wantAudit(want ...string) {
	e.t.Helper()
	entries, err := e.audit.Latest(e.t.Context(), 0, 100)
	if err != nil {
		e.t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, fmt.Sprintf("%s: %s %s", entry.Actor, entry.Action, entry.Username))
	}
	if !slices.Equal(got, want) {
		e.t.Errorf("audit log %q, want %q", got, want)
	}
}

// waitOf returns the wait of a *ratelimit.ExceededError, 0 for other errors.
func waitOf(err error) time.Duration {
	var exceeded *ratelimit.ExceededError
	if errors.As(err, &exceeded) {
		return exceeded.Wait
	}
	return 0
}

// oneWins calls f many times at once and fails the test unless exactly one call succeeds and all others return lost.
func oneWins(t *testing.T, lost error, f func() error) {
	t.Helper()
	results := make(chan error)
	const calls = 10
	for range calls {
		go func() { results <- f() }()
	}
	won := 0
	for range calls {
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.Is(err, lost):
			t.Errorf("a call returned %v, want %v", err, lost)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d calls succeeded, want 1", won, calls)
	}
}

// fakeHasher stores passwords as they are, and counts.
type fakeHasher struct {
	mu       sync.Mutex
	verified []string // the hashes that passwords were compared with
	// verifiedOnce is called after a password was verified. nil: nothing is.
	verifiedOnce func()
}

func (h *fakeHasher) Hash(_ context.Context, _, password string) (string, error) {
	return "plain:" + password, nil
}

func (h *fakeHasher) Verify(_ context.Context, _, password, hash string) (bool, error) {
	h.mu.Lock()
	h.verified = append(h.verified, hash)
	h.mu.Unlock()
	if h.verifiedOnce != nil {
		h.verifiedOnce()
	}
	return hash == "plain:"+password, nil
}

// fakeBlogs are the Tenants of a test. The maps are of names and owners.
type fakeBlogs struct {
	mu sync.Mutex
	// unsynced makes Synced return false.
	unsynced bool
	// cached and live are the user names for which the cache and the API server have a Tenant.
	cached, live []string
	// owners are the owners of Tenants, user name and email address.
	owners map[string][2]string
	// err is returned by every call.
	err error
	// discarded are the users whose blogs were deleted, and emails the addresses that were set, by user.
	discarded []string
	emails    map[string]string
}

func (b *fakeBlogs) Synced(context.Context) bool { return !b.unsynced }

func (b *fakeBlogs) HasBlog(_ context.Context, username string) (bool, error) {
	return slices.Contains(b.cached, username), b.err
}

func (b *fakeBlogs) LiveNames(context.Context) (map[string]bool, error) {
	names := make(map[string]bool)
	for _, name := range b.live {
		names[name] = true
	}
	return names, b.err
}

func (b *fakeBlogs) Owner(_ context.Context, tenant string) (username, email string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.owners[tenant][0], b.owners[tenant][1], b.err
}

func (b *fakeBlogs) Owns(_ context.Context, username, email string, _ bool, tenant string) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	owner, known := b.owners[tenant]
	return !known || owner == [2]string{username, email}, b.err
}

func (b *fakeBlogs) OwnerToInvite(ctx context.Context, tenant string) (username, email string, err error) {
	return b.Owner(ctx, tenant)
}

func (b *fakeBlogs) SetOwnerEmail(_ context.Context, username, email string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.emails = map[string]string{username: email}
	}
	return b.err
}

func (b *fakeBlogs) DiscardSignup(_ context.Context, username string) (bool, error) {
	b.discarded = append(b.discarded, username)
	return true, b.err
}
