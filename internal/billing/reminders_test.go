package billing_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/billing"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// today is a moment in the middle of a day.
var today = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

// env is a prepared database.
type env struct {
	t        *testing.T
	db       *pgxpool.Pool // with the portal's role
	operator *pgxpool.Pool
}

func newEnv(t *testing.T) *env {
	t.Helper()
	db, operator := tenancytest.Pools(t)
	return &env{t: t, db: db, operator: operator}
}

func (e *env) exec(sql string, args ...any) {
	e.t.Helper()
	if _, err := e.operator.Exec(e.t.Context(), sql, args...); err != nil {
		e.t.Fatalf("%s: %v", sql, err)
	}
}

// add adds a tenant whose last paid day is so many days from today and which is suspended a number of days after it, and
// its owner.
func (e *env) add(name string, paidDays, graceDays int) {
	e.t.Helper()
	paidUntil := today.Truncate(24*time.Hour).AddDate(0, 0, paidDays)
	e.exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at)
		VALUES ($1, $1, 'live', '1', '', $1, $2, $3, $4, $4)`, name, paidUntil, paidUntil.AddDate(0, 0, 1+graceDays), today)
	e.exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		VALUES ($1, $1, $1, '', 'author', 'active', $2)`, name, today)
}

// message is an email in the outbox.
type message struct{ Tenant, Kind, Day string }

// send sends the reminders of a moment, and returns the emails that it enqueued, by tenant.
func (e *env) send(now time.Time) []message {
	e.t.Helper()
	sent, err := billing.SendReminders(e.t.Context(), e.db, now)
	if err != nil {
		e.t.Fatal(err)
	}
	rows, err := e.db.Query(e.t.Context(), `WITH m AS (DELETE FROM public.outbox RETURNING *)
		SELECT m.payload->>'tenant', m.kind, m.payload->>'day' FROM m JOIN public.users u ON u.id = m.user_id AND u.username = m.payload->>'tenant'
		ORDER BY 1, 2`)
	if err != nil {
		e.t.Fatal(err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[message])
	if err != nil {
		e.t.Fatal(err)
	}
	if sent != len(messages) {
		e.t.Errorf("%d emails were enqueued, %d reported", len(messages), sent)
	}
	return messages
}

// day is the JSON of the date so many days from today.
func day(days int) string {
	return today.Truncate(24*time.Hour).AddDate(0, 0, days).Format(time.RFC3339)
}

func TestSendReminders(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for name, days := range map[string]int{
		"later": 31, "month": 30, "weeks": 8, "week": 7, "between": 2, "morrow": 1, "today": 0, "ended": -1, "early": -11, "warned": -12, "over": -15,
	} {
		e.add(name, days, 14)
	}
	e.add("brief", -1, 2) // its grace period is shorter than the time before which owners are warned
	e.add("byspec", 7, 14)
	e.exec(`UPDATE public.tenants SET suspend_at = '-infinity' WHERE name = 'byspec'`)
	e.add("locked", 7, 14)
	e.exec(`UPDATE public.users SET state = 'locked' WHERE username = 'locked'`)
	e.add("deleted", 7, 14)
	e.exec(`UPDATE public.tenants SET state = 'released' WHERE name = 'deleted'`)
	e.add("ownerless", 7, 14)
	e.exec(`UPDATE public.tenants SET owner = '' WHERE name = 'ownerless'`)

	want := []message{
		{"between", "mail.due", day(2)},
		{"brief", "mail.grace", day(2)},
		{"early", "mail.grace", day(4)},
		{"ended", "mail.grace", day(14)},
		{"month", "mail.due", day(30)},
		{"morrow", "mail.due", day(1)},
		{"today", "mail.due", day(0)},
		{"warned", "mail.suspension", day(3)},
		{"week", "mail.due", day(7)},
		{"weeks", "mail.due", day(8)},
	}
	if diff := cmp.Diff(want, e.send(today)); diff != "" {
		t.Errorf("emails (-want +got):\n%s", diff)
	}
	if again := e.send(today.Add(time.Hour)); len(again) != 0 {
		t.Errorf("sent again: %v", again)
	}
}

// Each reminder is sent once, on its day. A renewed plan has new reminders.
func TestReminderDays(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.add("alice", 40, 14)
	sent := func(from, to int) map[int]string {
		kinds := make(map[int]string)
		for d := from; d <= to; d++ {
			for _, m := range e.send(today.AddDate(0, 0, d)) {
				kinds[d] += m.Kind
			}
		}
		return kinds
	}
	want := map[int]string{10: "mail.due", 33: "mail.due", 39: "mail.due", 41: "mail.grace", 52: "mail.suspension"}
	if diff := cmp.Diff(want, sent(0, 60)); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
	e.exec(`UPDATE public.tenants SET paid_until = $1, suspend_at = $2`, today.AddDate(0, 0, 61), today.Truncate(24*time.Hour).AddDate(0, 0, 76))
	if diff := cmp.Diff(map[int]string{60: "mail.due", 62: "mail.grace"}, sent(60, 63)); diff != "" {
		t.Errorf("days after the renewal (-want +got):\n%s", diff)
	}
}

// All tenants are read, however many there are.
func TestManyReminders(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at)
		SELECT 'blog-' || i, 'blog-' || i, 'live', '1', '', 'blog-' || i, $1::date, $2, $3, $3 FROM generate_series(1, 450) i`, today, today.AddDate(0, 0, 15), today)
	e.exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		SELECT name, name, name, '', 'author', 'active', $1 FROM public.tenants`, today)
	if sent := e.send(today); len(sent) != 450 {
		t.Errorf("%d emails", len(sent))
	}
}

// The days that are left do not depend on the time of the day.
func TestDaysLeft(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2027, 1, n, 0, 0, 0, 0, time.UTC) }
	for _, now := range []time.Time{day(10), day(10).Add(time.Nanosecond), today, day(10).Add(23*time.Hour + 30*time.Minute), day(11).Add(-time.Nanosecond)} {
		for paidUntil, want := range map[time.Time]int{day(1): 0, day(9): 0, day(10): 1, day(11): 2, day(31): 22} {
			if got := billing.DaysLeft(paidUntil, now); got != want {
				t.Errorf("at %s a plan until %s has %d days left, want %d", now, paidUntil, got, want)
			}
		}
		if got := billing.DaysLeft(day(10), now.In(time.FixedZone("", 14*60*60))); got != 1 {
			t.Errorf("at %s in another zone, a plan has %d days left, want 1", now, got)
		}
	}
}
