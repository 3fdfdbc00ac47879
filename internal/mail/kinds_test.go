package mail_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
)

// written is when emails are enqueued, and day is the date that reminders are about.
var (
	written = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)
	day     = time.Date(2027, 2, 5, 0, 0, 0, 0, time.UTC)
)

// The whole of every mail.
func TestTexts(t *testing.T) {
	t.Parallel()
	alice := mail.Person{ID: 1, Username: "alice", Email: "Alice@people.example", Active: true}
	s := newSite(t, people{alice}, mail.Site{URL: "https://blogs.example", Contact: "help@blogs.example"}, map[string]string{"diary": "https://diary.blogs.example"})
	s.insertUser(t, "alice")
	about := mail.BlogDate{UserID: 1, Tenant: "diary", Day: day}
	domain := mail.Domain{
		UserID: 1, Tenant: "diary", Host: "www.alice.org", Record: "_echoblogs.www.alice.org", Value: "echoblogs-verification=abcdefghijklmnopqrstuvwxyz", Day: day,
	}
	served := domain
	served.Served = true
	tests := map[string]struct {
		draft             mail.Draft
		to, subject, body string
	}{
		"confirm": {mail.Confirm{UserID: 1}, alice.Email, "Confirm your email address", `Hello alice,

Your account at https://blogs.example/ uses this email address.
Open this page to confirm that the address is yours:

https://blogs.example/confirm/?token=confirm+alice

The link works once, within 7 days. An account that is not confirmed by then is
removed, unless its blog has posts. If you did not sign up, ignore this email.
`},
		"reset by login": {mail.Reset{Login: "Alice@people.example"}, alice.Email, "Choose a new password", resetBody},
		"reset by ID":    {mail.Reset{UserID: 1}, alice.Email, "Choose a new password", resetBody},
		"password changed": {mail.PasswordChanged{UserID: 1}, alice.Email, "Your password was changed", `Hello alice,

Your password at https://blogs.example/ was changed, and your other sessions were
logged out.

If you did not change it, reset your password now:

https://blogs.example/reset/
`},
		"invite": {mail.Invite{Tenant: "diary", Username: "bob", Email: "bob@people.example"}, "bob@people.example", "Your blog diary is ready", `Hello bob,

A blog was created for you at https://diary.blogs.example/.
Open this page to choose a password and start writing:

https://blogs.example/invite/?token=invite+bob+to+diary+bob%40people.example

The link works once, within 7 days. If it has expired, contact
support at help@blogs.example for a new one.
`},
		"domain absent": {mail.DomainAbsent(domain), alice.Email, "The DNS record of www.alice.org is missing", `Hello alice,

A TXT record proves that the domain www.alice.org of your
blog diary is yours. We no longer find it:

Name:  _echoblogs.www.alice.org
Value: echoblogs-verification=abcdefghijklmnopqrstuvwxyz

If the record is not back by 5 February 2027, your blog loses the domain.
Until it is back, log in at the blog's other address, https://diary.blogs.example/.

The settings of your blog: https://blogs.example/account/diary/
`},
		"domain lost": {mail.DomainLost(domain), alice.Email, "Your blog diary has lost the domain www.alice.org", `Hello alice,

For seven days we have not found the TXT record that proves that the domain
www.alice.org of your blog diary is yours.
So your blog is no longer served there. It remains at https://diary.blogs.example/.

To get the domain back, create this record. It returns within 15 minutes,
unless another blog has proved the domain by then:

Name:  _echoblogs.www.alice.org
Value: echoblogs-verification=abcdefghijklmnopqrstuvwxyz

The settings of your blog: https://blogs.example/account/diary/
`},
		"domain lost and served": {mail.DomainLost(served), alice.Email, "Your blog diary has lost the domain www.alice.org", `Hello alice,

For seven days we have not found the TXT record that proves that the domain
www.alice.org of your blog diary is yours.
Your blog is served there until another blog proves that the domain is theirs.
You can log in only at the blog's other address, https://diary.blogs.example/.

To get the domain back, create this record. It returns within 15 minutes,
unless another blog has proved the domain by then:

Name:  _echoblogs.www.alice.org
Value: echoblogs-verification=abcdefghijklmnopqrstuvwxyz

The settings of your blog: https://blogs.example/account/diary/
`},
		"due": {mail.Due(about), alice.Email, "Your plan for diary ends on 5 February 2027", `Hello alice,

Your plan for the blog diary (https://diary.blogs.example/)
ends on 5 February 2027.

After that day you cannot publish or edit posts. Readers can still read your
blog for a while. To renew your plan, contact support at help@blogs.example.

Your account: https://blogs.example/account/
`},
		"grace": {mail.Grace(about), alice.Email, "Your plan for diary has ended", `Hello alice,

Your plan for the blog diary (https://diary.blogs.example/)
has ended. Readers can still read your blog, but you cannot publish or edit
posts.

From 5 February 2027 on, readers cannot read it either. Nothing is deleted
then, and you can still export your posts. To renew your plan, contact
support at help@blogs.example.

Your account: https://blogs.example/account/
`},
		"suspension": {mail.Suspension(about), alice.Email, "Your blog diary will be suspended on 5 February 2027", `Hello alice,

Your plan for the blog diary (https://diary.blogs.example/)
has ended. From 5 February 2027 on, readers cannot read your blog.

Nothing is deleted then, and you can still export your posts. To renew your
plan, contact support at help@blogs.example.

Your account: https://blogs.example/account/
`},
	}
	for name, test := range tests {
		want := []mail.Message{{To: test.to, Subject: test.subject, Body: test.body, Date: written}}
		got := s.send(t, test.draft)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(mail.Message{}, "ID")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

const resetBody = `Hello alice,

We received a request to reset your password at https://blogs.example/.
Open this page to choose a new one:

https://blogs.example/reset/password/?token=reset+alice

The link works once, within an hour. If you did not request it, ignore this
email: your password stays the same.
`

// A site without a contact, and a blog that has no address yet, leave no gap in the text.
func TestTextsWithoutAddresses(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, mail.Site{URL: "https://blogs.example"}, nil)
	sent := s.send(t, mail.Invite{Tenant: "diary", Username: "bob", Email: "bob@people.example"})
	want := `Hello bob,

A blog was created for you.
Open this page to choose a password and start writing:

https://blogs.example/invite/?token=invite+bob+to+diary+bob%40people.example

The link works once, within 7 days. If it has expired, contact
support for a new one.
`
	if len(sent) != 1 || sent[0].Body != want {
		t.Errorf("sent %+v, want\n%s", sent, want)
	}
}

// Mails that are no longer needed are dropped.
func TestObsoleteMails(t *testing.T) {
	t.Parallel()
	s := newSite(t, people{
		{ID: 1, Username: "alice", Email: "alice@people.example", Active: true, Confirmed: true},
		{ID: 2, Username: "locked", Email: "locked@people.example"},
	}, mail.Site{URL: "https://blogs.example"}, nil)
	for _, username := range []string{"alice", "locked", "removed"} {
		s.insertUser(t, username)
	}
	for name, draft := range map[string]mail.Draft{
		"confirmed address":           mail.Confirm{UserID: 1},
		"reset of an unknown login":   mail.Reset{Login: "nobody"},
		"reset of a locked account":   mail.Reset{UserID: 2},
		"invitation with an account":  mail.Invite{Tenant: "diary", Username: "alice", Email: "other@people.example"},
		"reminder of a removed owner": mail.Due{UserID: 3, Tenant: "diary", Day: day},
	} {
		if sent := s.send(t, draft); len(sent) != 0 {
			t.Errorf("%s: sent %+v", name, sent)
		}
	}
}

// Every attempt to send an email uses the same Message-ID, and no other email does.
func TestMessageIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t, people{{ID: 1, Username: "alice", Email: "alice@people.example", Active: true}}, mail.Site{URL: "https://blogs.example"}, nil)
	sent := s.send(t, mail.Reset{Login: "alice"}, mail.Reset{Login: "alice"})
	if len(sent) != 2 || sent[0].ID == sent[1].ID || !strings.HasSuffix(sent[0].ID, ".1799582400000000") {
		t.Errorf("sent %+v", sent)
	}
}

// A payload that this version cannot read is not tried again and again.
func TestUnreadablePayload(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil, mail.Site{}, nil)
	m := outbox.Message{Kind: "mail.confirm", Payload: json.RawMessage(`{"userID": "one"}`), CreatedAt: written}
	if err := outbox.Enqueue(t.Context(), s.db, m); err != nil {
		t.Fatal(err)
	}
	if sent := s.send(t); len(sent) != 0 {
		t.Errorf("sent %+v", sent)
	}
}
