package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// domainNotice is an email about a domain, in the outbox.
type domainNotice struct{ Kind, Tenant, Host, Value, Day, Served string }

// domainNotices runs the job, and returns the emails that it enqueues.
func (l *blogLogin) domainNotices() []domainNotice {
	l.t.Helper()
	if err := l.accounts.SendDomainNotices(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	rows, err := l.db.Query(l.t.Context(), `WITH sent AS (DELETE FROM public.outbox RETURNING *)
		SELECT kind, payload->>'tenant', payload->>'host', payload->>'value', coalesce(payload->>'day', ''), coalesce(payload->>'served', '')
		FROM sent ORDER BY 3, 2`)
	if err != nil {
		l.t.Fatal(err)
	}
	sent, err := pgx.CollectRows(rows, pgx.RowToStructByPos[domainNotice])
	if err != nil {
		l.t.Fatal(err)
	}
	return sent
}

// install records an installation, from which records are derived.
func (l *blogLogin) install() {
	l.t.Helper()
	l.exec(`INSERT INTO public.installation (id, platform_namespace, platform_name, namespace_uid, public_url, domain, sign_up, code_required, contact, created_at)
		VALUES ('2f1e7c1a-7a57-4c77-9c0e-1f8a3c7d9b10', 'x', 'x', 'x', '', '', true, false, '', now())`)
}

func (l *blogLogin) wantNotices(what string, want ...domainNotice) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.domainNotices(), cmpopts.EquateEmpty()); diff != "" {
		l.t.Errorf("%s: emails (-want +got):\n%s", what, diff)
	}
}

// The owner gets one email when a record is absent, and one when the domain is lost.
func TestDomainNotices(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.install()
	l.addHost("www.alice.org", "dns")
	value := l.record("www.alice.org").Value
	l.wantNotices("a proven domain")
	since := time.Date(2027, 3, 8, 15, 0, 0, 0, time.UTC)
	l.exec(`UPDATE public.domains SET absent_since = $1 WHERE host = 'www.alice.org'`, since)
	absent := domainNotice{Kind: "mail.domain_absent", Tenant: "alice", Host: "www.alice.org", Value: value, Day: "2027-03-15T15:00:00Z"}
	l.wantNotices("absent", absent)
	l.wantNotices("still absent")
	l.exec(`UPDATE public.domains SET released_at = $1 WHERE host = 'www.alice.org'`, since.AddDate(0, 0, 7))
	lost := domainNotice{Kind: "mail.domain_lost", Tenant: "alice", Host: "www.alice.org", Value: value}
	l.wantNotices("released", lost)
	l.wantNotices("still released")

	// It returns, and is lost again. Where unproven domains are served, it stays.
	l.exec(`UPDATE public.domains SET absent_since = NULL, released_at = NULL WHERE host = 'www.alice.org'`)
	l.wantNotices("the record is back")
	l.exec(`UPDATE public.domains SET absent_since = $1 WHERE host = 'www.alice.org'`, since.AddDate(0, 1, 0))
	absent.Day = "2027-04-15T15:00:00Z"
	l.wantNotices("absent again", absent)
	l.exec(`UPDATE public.domains SET proof = 'none' WHERE host = 'www.alice.org'`)
	lost.Served = "true"
	l.wantNotices("it has lost its proof", lost)
	l.wantNotices("still without a proof")
}

// All owners get emails, however many there are, except for those of deleted blogs and those with locked accounts.
func TestManyDomainNotices(t *testing.T) {
	t.Parallel()
	l := newBlogLogin(t)
	l.install()
	l.addTenant("gone", "alice", string(tenancy.StateTombstone))
	l.addTenant("ownerless", "", "live")
	l.addAuthor("locked")
	l.exec(`UPDATE public.users SET state = 'locked' WHERE username = 'locked'`)
	l.exec(`INSERT INTO public.domains (host, tenant_id, is_primary, proof, absent_since)
		SELECT 'www.' || name || '.org', id, false, 'dns', now() FROM public.tenants WHERE name <> 'alice'`)
	l.exec(`INSERT INTO public.domains (host, tenant_id, is_primary, proof, absent_since)
		SELECT 'www' || n || '.alice.org', $1, false, 'dns', now() FROM generate_series(1, 450) n`, l.tenantID)
	seen := map[string]bool{}
	for _, n := range l.domainNotices() {
		seen[n.Host] = true
	}
	for n := 1; n <= 450; n++ {
		delete(seen, fmt.Sprintf("www%d.alice.org", n))
	}
	if len(seen) > 0 {
		t.Errorf("emails about %v", seen)
	}
	if sent := l.count(`SELECT count(*) FROM public.notices`); sent != 450 {
		t.Errorf("%d emails, want 450", sent)
	}
	l.wantNotices("a second run")
}
