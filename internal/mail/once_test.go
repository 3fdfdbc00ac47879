package mail_test

import (
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/mail"
)

// The notice of one day is given once, and that of another day again.
func TestEnqueueOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, people{{ID: 1, Username: "alice", Email: "alice@people.example"}}, mail.Site{URL: "https://blogs.example"}, nil)
	id := s.insertUser(t, "alice")
	draft := mail.Due{UserID: id, Tenant: "diary", Day: day}
	notice := func(about time.Time) mail.Notice { return mail.Notice{Tenant: "diary", Name: "due-7", About: about} }

	results := make(chan bool, 4)
	for range cap(results) {
		go func() {
			enqueued, err := mail.EnqueueOnce(t.Context(), s.db, notice(day), draft, written)
			if err != nil {
				t.Error(err)
			}
			results <- enqueued
		}()
	}
	count := 0
	for range cap(results) {
		if <-results {
			count++
		}
	}
	if sent := s.send(t); count != 1 || len(sent) != 1 {
		t.Errorf("enqueued %d times, sent %d times", count, len(sent))
	}
	if again, err := mail.EnqueueOnce(t.Context(), s.db, notice(day.AddDate(1, 0, 0)), draft, written); err != nil || !again {
		t.Errorf("the notice of another day: %v, %v", again, err)
	}
	// If the email cannot be enqueued, the notice is still due.
	broken := mail.Due{UserID: id + 1, Tenant: "diary", Day: day}
	other := mail.Notice{Tenant: "diary", Name: "due-1", About: day}
	if _, err := mail.EnqueueOnce(t.Context(), s.db, other, broken, written); err == nil {
		t.Error("an email about an unknown user was enqueued")
	}
	if later, err := mail.EnqueueOnce(t.Context(), s.db, other, draft, written); err != nil || !later {
		t.Errorf("after a failure: %v, %v", later, err)
	}

	// Notices of tenants that have left the registry are forgotten after a while.
	left := func() (n int) {
		if err := s.db.QueryRow(t.Context(), `SELECT count(*) FROM public.notices`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	next, err := mail.DeleteStaleNotices(t.Context(), s.db, written.Add(-time.Second), "")
	if n := left(); err != nil || n != 3 || next != "" {
		t.Errorf("%d notices are left too early, next %q, %v", n, next, err)
	}
	next, err = mail.DeleteStaleNotices(t.Context(), s.db, written, "")
	if n := left(); err != nil || n != 0 || next != "" {
		t.Errorf("%d notices are left, next %q, %v", n, next, err)
	}
}

// Each call looks at some notices only, and all of them have their turn.
func TestDeleteStaleNoticesInTurn(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, mail.Site{URL: "https://blogs.example"}, nil)
	insert := func(sql string, args ...any) {
		t.Helper()
		if _, err := s.db.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	// The page ends among the notices of one tenant, and the last of these are not left out.
	insert(`INSERT INTO public.notices (tenant, kind, about, sent_at) SELECT 'a' || to_char(n, 'FM0000'), 'due-1', $1, $2 FROM generate_series(1, 498) n`, day, written)
	insert(`INSERT INTO public.notices (tenant, kind, about, sent_at) SELECT 'b', 'due-' || n, $1, $2 FROM generate_series(1, 5) n`, day, written)
	insert(`INSERT INTO public.notices (tenant, kind, about, sent_at) SELECT 'c' || n, 'due-1', $1, $2 FROM generate_series(1, 3) n`, day, written)
	for _, want := range []struct {
		left int
		next string
	}{{3, "b"}, {0, ""}} {
		var after string
		if want.left == 0 {
			after = "b"
		}
		next, err := mail.DeleteStaleNotices(t.Context(), s.db, written, after)
		var left int
		if err == nil {
			err = s.db.QueryRow(t.Context(), `SELECT count(*) FROM public.notices`).Scan(&left)
		}
		if err != nil || left != want.left || next != want.next {
			t.Errorf("%d notices are left, next %q, %v; want %d and %q", left, next, err, want.left, want.next)
		}
	}
}
