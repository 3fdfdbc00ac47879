package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// Owners without an account are invited once, at the address that their Tenant names.
func TestInviteOwners(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, tenant := range []string{"diary", "registered", "member", "shared", "silent", "renamed"} {
		e.addTenant(tenant, tenant+"-owner", "live")
	}
	e.addTenant("ownerless", "", "live")
	e.addTenant("deleted", "deleted-owner", "tombstone")
	e.exec(`INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), 'registered-owner', 'live', '', '', now(), now(), now())`)
	e.addUser("member-owner")
	e.addUser("other")
	e.blogs.owners = map[string][2]string{
		"diary": {"diary-owner", "Diary@example.org"}, "registered": {"registered-owner", "r@example.org"}, "member": {"member-owner", "m@example.org"},
		"shared": {"shared-owner", "Other@example.org"}, "silent": {"silent-owner", ""}, "renamed": {"new-owner", "new@example.org"},
		"deleted": {"deleted-owner", "d@example.org"},
	}
	type message struct{ Kind, Subject, Payload string }
	invite := func() []message {
		t.Helper()
		if err := e.accounts.InviteOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := e.operator.Query(t.Context(), `DELETE FROM public.outbox RETURNING kind, subject, payload::text`)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[message])
		if err != nil {
			t.Fatal(err)
		}
		return messages
	}

	e.blogs.err = errors.New("the API server is unavailable")
	if err := e.accounts.InviteOwners(t.Context()); !errors.Is(err, e.blogs.err) {
		t.Errorf("got %v, want the error of the API server", err)
	}
	e.blogs.err = nil
	want := []message{{"mail.invite", "diary-owner", `{"email": "Diary@example.org", "tenant": "diary", "username": "diary-owner"}`}}
	if diff := cmp.Diff(want, invite()); diff != "" {
		t.Errorf("emails (-want +got):\n%s", diff)
	}
	if again := invite(); len(again) != 0 {
		t.Errorf("invited again: %v", again)
	}
	// A Tenant that was deleted and created again is another one.
	e.exec(`UPDATE public.tenants SET created_at = created_at + interval '1 day' WHERE name = 'diary'`)
	if diff := cmp.Diff(want, invite()); diff != "" {
		t.Errorf("emails (-want +got):\n%s", diff)
	}
}

// Tenants that have not changed for long are looked at in turn, a page in each run.
func TestInviteOwnersInTurn(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at)
		SELECT n, n, 'live', '1', '', n, '2030-01-01', '2030-01-15', now() - interval '2 days', now() - interval '2 days'
		FROM (SELECT 'blog-' || lpad(i::text, 3, '0') FROM generate_series(0, 449) i) s (n)`)
	e.blogs.owners = map[string][2]string{"blog-000": {"blog-000", "first@example.org"}, "blog-449": {"blog-449", "last@example.org"}}
	for i, want := range []int{1, 1, 2, 2} {
		if err := e.accounts.InviteOwners(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := e.count(`SELECT count(*) FROM public.outbox`); got != want {
			t.Errorf("after run %d there are %d invitations, not %d", i+1, got, want)
		}
	}
	e.blogs.owners["blog-448"] = [2]string{"blog-448", "changed@example.org"}
	e.exec(`UPDATE public.tenants SET updated_at = now() WHERE name = 'blog-448'`)
	if err := e.accounts.InviteOwners(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := e.count(`SELECT count(*) FROM public.outbox`); got != 3 {
		t.Errorf("after a change there are %d invitations", got)
	}
}
