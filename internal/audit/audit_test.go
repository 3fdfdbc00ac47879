package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

var now = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

func list(t *testing.T, log *audit.Log) []audit.Entry {
	t.Helper()
	entries, err := log.Latest(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

var ignoreID = cmpopts.IgnoreFields(audit.Entry{}, "ID")

func TestInTx(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	log := audit.NewLog(db, clock)
	addNotice := func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ('alice', 'invite', '2027-01-10', $1)`, now)
		return err
	}
	if err := log.InTx(t.Context(), audit.Entry{Actor: "jane", Action: "invite", Tenant: "alice", Username: "bob"}, addNotice); err != nil {
		t.Fatal(err)
	}
	want := []audit.Entry{{At: now, Actor: "jane", Action: "invite", Tenant: "alice", Username: "bob"}}
	if diff := cmp.Diff(want, list(t, log), ignoreID); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	var notices int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM public.notices`).Scan(&notices); err != nil || notices != 1 {
		t.Errorf("the change was made %d times, %v", notices, err)
	}
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	db, operator := tenancytest.Pools(t)
	log := audit.NewLog(db, clock)
	exec := func(sql string) func(pgx.Tx) error {
		return func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), sql, now)
			return err
		}
	}
	insert := exec(`INSERT INTO public.notices (tenant, kind, about, sent_at) VALUES ('alice', 'invite', '2027-01-10', $1)`)

	failed := errors.New("change failed")
	err := log.InTx(t.Context(), audit.Entry{Actor: "jane", Action: "invite"}, func(tx pgx.Tx) error {
		return errors.Join(insert(tx), failed)
	})
	if !errors.Is(err, failed) {
		t.Errorf("got %v, want the error of the change", err)
	}
	if entries := list(t, log); len(entries) != 0 {
		t.Errorf("a change that failed was recorded: %v", entries)
	}

	if _, err := operator.Exec(t.Context(), `REVOKE INSERT ON public.audit FROM echoblogs_portal`); err != nil {
		t.Fatal(err)
	}
	if err := log.InTx(t.Context(), audit.Entry{Actor: "jane", Action: "invite"}, insert); postgres.Code(err) != "42501" {
		t.Errorf("got %v, want the database's refusal", err)
	}
	var notices int
	if err := db.QueryRow(t.Context(), `SELECT count(*) FROM public.notices`).Scan(&notices); err != nil || notices != 0 {
		t.Errorf("a change that was not recorded was made %d times, %v", notices, err)
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	db, operator := tenancytest.Pools(t)
	log := audit.NewLog(db, clock)
	entry := audit.Entry{Actor: "jane", Action: "suspend", Tenant: "alice", Detail: strings.Repeat("é", 1500)}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := log.After(canceled, entry); err != nil {
		t.Fatal(err)
	}
	want := []audit.Entry{{At: now, Actor: "jane", Action: "suspend", Tenant: "alice", Detail: strings.Repeat("é", 1000)}}
	if diff := cmp.Diff(want, list(t, log), ignoreID); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}

	if _, err := operator.Exec(t.Context(), `REVOKE INSERT ON public.audit FROM echoblogs_portal`); err != nil {
		t.Fatal(err)
	}
	err := log.After(t.Context(), audit.Entry{Actor: "jane", Action: "resume", Tenant: "alice"})
	var missing *audit.NotRecordedError
	if !errors.As(err, &missing) || postgres.Code(err) != "42501" {
		t.Fatalf("got %v, want a NotRecordedError with its cause", err)
	}
	if diff := cmp.Diff(audit.Entry{At: now, Actor: "jane", Action: "resume", Tenant: "alice"}, missing.Entry); diff != "" {
		t.Errorf("entry of the error (-want +got):\n%s", diff)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	log := audit.NewLog(db, clock)
	for _, e := range []audit.Entry{
		{Action: "1", Tenant: "alice"}, {Action: "2", Username: "alice"}, {Action: "3", Tenant: "bob", Username: "alice"}, {Action: "4", Tenant: "alice"},
	} {
		if err := log.After(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	actions := func(entries []audit.Entry, err error) string {
		t.Helper()
		var all strings.Builder
		for _, e := range entries {
			all.WriteString(e.Action)
		}
		if err != nil {
			t.Error(err)
		}
		return all.String()
	}
	latest := list(t, log)
	for name, c := range map[string]struct{ got, want string }{
		"latest":               {actions(log.Latest(t.Context(), 0, 2)), "43"},
		"latest, page 2":       {actions(log.Latest(t.Context(), latest[1].ID, 2)), "21"},
		"by tenant":            {actions(log.ByTenant(t.Context(), "alice", 9)), "41"},
		"by tenant, limited":   {actions(log.ByTenant(t.Context(), "alice", 1)), "4"},
		"by user":              {actions(log.ByUser(t.Context(), "alice", 9)), "32"},
		"by user, without any": {actions(log.ByUser(t.Context(), "bob", 9)), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: got entries %q, want %q", name, c.got, c.want)
		}
	}
}

// The portal's role cannot change or delete entries.
func TestEntriesCannotBeChanged(t *testing.T) {
	t.Parallel()
	db, _ := tenancytest.Pools(t)
	for _, sql := range []string{`UPDATE public.audit SET actor = 'bob'`, `DELETE FROM public.audit`, `TRUNCATE public.audit`} {
		if _, err := db.Exec(t.Context(), sql); postgres.Code(err) != "42501" {
			t.Errorf("%s: got %v, want permission denied", sql, err)
		}
	}
}
