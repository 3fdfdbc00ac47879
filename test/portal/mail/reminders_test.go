package mail_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/portaltest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// A job that fails because the database is busy does not wait for its next turn, which can be an hour away.
func TestReminderAfterABusyDatabase(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	p.Exec(`CREATE FUNCTION public.end_statement() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = TG_ARGV[0]; END'`)
	p.Exec(`CREATE TRIGGER end_statement BEFORE INSERT ON public.outbox FOR EACH ROW EXECUTE FUNCTION public.end_statement('40001')`)
	portaltest.AddAccount(t, p, "alice", platformtest.PaidFor(7))
	site := p.StartPortal(0)
	p.Wait("the job has failed", func(context.Context) error {
		if !strings.Contains(p.Logs(), `"job":"send reminders"`) {
			return fmt.Errorf("it has not, according to the logs")
		}
		return nil
	})
	p.Exec(`DROP TRIGGER end_statement ON public.outbox`)
	portaltest.WaitMails(p, site, "alice@example.org", "Your plan for alice ends on "+time.Now().UTC().AddDate(0, 0, 7).Format("2 January 2006"), 1)
}

// Each owner gets each reminder once, across restarts and replicas.
func TestReminders(t *testing.T) {
	t.Parallel()
	p := portaltest.NewPlatform(t)
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format("2 January 2006") }
	var want []string
	for name, due := range map[string]struct {
		days    int
		subject string // of the email. Empty: none
	}{
		"later":   {31, ""},
		"month":   {30, "Your plan for month ends on " + day(30)},
		"week":    {7, "Your plan for week ends on " + day(7)},
		"between": {3, "Your plan for between ends on " + day(3)},
		"morrow":  {1, "Your plan for morrow ends on " + day(1)},
		"grace":   {-1, "Your plan for grace has ended"},
		"warned":  {-13, "Your blog warned will be suspended on " + day(2)},
		"over":    {-20, ""},
	} {
		portaltest.AddAccount(t, p, name, platformtest.PaidFor(due.days))
		if due.subject != "" {
			want = append(want, name+"@example.org: "+due.subject)
		}
	}
	portaltest.AddAccount(t, p, "byspec", platformtest.PaidFor(7), func(tenant *v1alpha1.Tenant) { tenant.Spec.Suspended = new(true) })
	slices.Sort(want)

	site := p.StartPortal(0)
	p.Wait("every owner has a reminder", func(context.Context) error {
		if got := portaltest.Subjects(t, site); !slices.Equal(got, want) {
			return fmt.Errorf("emails:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		return nil
	})
	sent := portaltest.WaitMails(p, site, "grace@example.org", "Your plan for grace has ended", 1)
	for _, text := range []string{"From " + day(14) + " on", "http://grace." + stack.Domain + "/", "http://" + stack.Domain + "/account/"} {
		if !strings.Contains(sent.Body, text) {
			t.Errorf("the email does not say %q:\n%s", text, sent.Body)
		}
	}

	// A second replica, and a restarted one, process the same tenants and a new one, which is the last by name.
	site.Kill()
	portaltest.AddAccount(t, p, "zoe", platformtest.PaidFor(1))
	again, other := p.StartPortal(0), p.StartPortal(1)
	p.Wait("the new owner has a reminder", func(context.Context) error {
		got := append(portaltest.Subjects(t, again), portaltest.Subjects(t, other)...)
		if !slices.Equal(got, []string{"zoe@example.org: Your plan for zoe ends on " + day(1)}) {
			return fmt.Errorf("emails:\n%s", strings.Join(got, "\n"))
		}
		return nil
	})
}
