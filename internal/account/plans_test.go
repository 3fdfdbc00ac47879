package account_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
)

// growing are tables with rows of every tenant or user.
var growing = regexp.MustCompile(`Seq Scan on (users|tenants|domains|sessions|blog_sessions|known_browsers|mail_tokens|notices|attempts|registrations|outbox) `)

// Neither what runs regularly nor what users request reads the rows of all tenants or users.
func TestNoStatementScansAllUsers(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, sql := range []string{
		`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at, uid)
			SELECT 'many-' || n, 'many_' || n, 'live', '0001', 'x', 'many-' || n, now(), now(), now(), now() - interval '1 day', n FROM generate_series(1, 3000) n`,
		`INSERT INTO public.domains (host, tenant_id, is_primary) SELECT name || '.example.com', id, true FROM public.tenants`,
		`INSERT INTO public.domains (host, tenant_id, is_primary, proof) SELECT 'www.' || name || '.org', id, false, 'dns' FROM public.tenants`,
		`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at, confirmed_at)
			SELECT owner, owner || '@example.org', owner || '@example.org', '', 'author', 'active', now(), now() FROM public.tenants`,
		`INSERT INTO public.sessions (token_hash, user_id, created_at, seen_at, expires_at, address, user_agent)
			SELECT sha256(username::bytea), id, now(), now(), now() + interval '14 days', '', '' FROM public.users`,
		`INSERT INTO public.blog_sessions (token_hash, session_id, tenant_id, username, host, created_at, expires_at)
			SELECT s.token_hash, s.id, t.id, t.owner, '', now(), now() + interval '14 days'
			FROM public.sessions s JOIN public.users u ON u.id = s.user_id JOIN public.tenants t ON t.owner = u.username`,
		`INSERT INTO public.known_browsers (id_hash, user_id, expires_at) SELECT token_hash, user_id, now() + interval '180 days' FROM public.sessions`,
		`INSERT INTO public.mail_tokens (token_hash, purpose, user_id, tenant, username, email, expires_at)
			SELECT token_hash, 'confirm', user_id, '', '', '', now() + interval '7 days' FROM public.sessions`,
		`INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until)
			SELECT gen_random_uuid(), id, username, 'live', sha256(username::bytea), '', now(), now(), now() FROM public.users`,
		`INSERT INTO public.notices (tenant, kind, about, sent_at) SELECT name, 'due-30', now(), now() FROM public.tenants`,
		`INSERT INTO public.outbox (kind, subject, user_id, payload, attempts, next_at, created_at) SELECT 'mail.due', '', id, '{}', 0, now() + interval '1 day', now() FROM public.users`,
		`INSERT INTO public.attempts (kind, subject, count, began_at, refused_until, expires_at)
			SELECT 'login-network-account', username || ' 192.0.2.7', 1, now(), now(), now() + interval '7 days' FROM public.users`,
		`ANALYZE`,
	} {
		e.exec(sql)
	}
	e.addAuthor("alice")
	recorder := &statements{}
	db, err := postgres.NewPool(e.db.Config().ConnString(), postgres.PoolOptions{Tracer: recorder})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	accounts := account.New(account.Options{DB: db, Blogs: e.blogs, Hasher: e.hasher, Resolver: e.dns, Now: e.clock})
	browser := account.Browser{Address: "192.0.2.1", ID: "a browser"}
	for name, call := range map[string]func(context.Context) error{
		"Sweep":             accounts.Sweep,
		"InviteOwners":      accounts.InviteOwners,
		"DeleteExpired":     accounts.DeleteExpired,
		"SendDomainNotices": accounts.SendDomainNotices,
		"DeleteStaleNotices": func(ctx context.Context) error {
			_, err := mail.DeleteStaleNotices(ctx, db, e.clock(), "")
			return err
		},
		"attempts": func(ctx context.Context) error {
			return errors.Join(ratelimit.DeleteExpired(ctx, db, e.clock()), ratelimit.Forget(ctx, db, "many-1", "many-1@example.org"))
		},
		"LogIn": func(ctx context.Context) error {
			token, err := accounts.LogIn(ctx, "alice", password, browser)
			if err == nil {
				_, _, err = accounts.Authenticate(ctx, token)
			}
			return err
		},
		"SearchUsers": func(ctx context.Context) error {
			users, err := accounts.SearchUsers(ctx, "many-2999", "", 50)
			if err == nil && (len(users) != 1 || users[0].Username != "many-2999") {
				err = fmt.Errorf("found %v", users)
			}
			return err
		},
		"RequestReset": func(ctx context.Context) error { return accounts.RequestReset(ctx, "alice", browser) },
	} {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seen := recorder.take()
		if len(seen) == 0 {
			t.Errorf("%s sends no statement", name)
		}
		for _, s := range seen {
			for _, line := range e.plan(s) {
				if growing.MatchString(line) {
					t.Errorf("%s: %s: %s", name, line, s.SQL)
				}
			}
		}
	}
}

// plan returns the plan of a statement, or nothing if it is no query.
func (e *env) plan(s pgx.TraceQueryStartData) []string {
	e.t.Helper()
	verb, _, _ := strings.Cut(strings.TrimSpace(s.SQL), " ")
	if !slices.Contains([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, verb) {
		return nil
	}
	rows, err := e.operator.Query(e.t.Context(), `EXPLAIN `+s.SQL, s.Args...)
	if err != nil {
		e.t.Fatalf("explain %s: %v", s.SQL, err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		e.t.Fatalf("explain %s: %v", s.SQL, err)
	}
	return plan
}

// statements records the statements of a pool. It is a tracer for pgx.
type statements struct {
	mu   sync.Mutex
	seen []pgx.TraceQueryStartData
}

// take returns the statements that were sent since the last call.
func (s *statements) take() []pgx.TraceQueryStartData {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

func (s *statements) add(statement pgx.TraceQueryStartData) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, statement)
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.add(data)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	for _, query := range data.Batch.QueuedQueries {
		s.add(pgx.TraceQueryStartData{SQL: query.SQL, Args: query.Arguments})
	}
	return ctx
}

func (*statements) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (*statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
