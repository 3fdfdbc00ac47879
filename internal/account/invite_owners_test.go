package account_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// tenantOwners are what Tenants say of their owners: user names and email addresses, by the names of the Tenants.
type tenantOwners map[string][2]string

func (o tenantOwners) OwnerToInvite(_ context.Context, tenant string) (username, email string, err error) {
	return o[tenant][0], o[tenant][1], nil
}

// brokenOwners fails.
type brokenOwners struct{}

func (brokenOwners) OwnerToInvite(context.Context, string) (username, email string, err error) {
	return "", "", errors.New("the API server is unavailable")
}

// Owners without an account are invited once, at the address that their Tenant names.
func TestInviteOwners(t *testing.T) {
	t.Parallel()
	db, operator := tenancytest.Pools(t)
	now := time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := operator.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	add := func(tenant, owner string) {
		t.Helper()
		exec(`INSERT INTO public.tenants (name, schema_name, state, schema_version, display_name, owner, paid_until, suspend_at, created_at, updated_at)
			VALUES ($1, $1, 'live', '1', '', $2, now(), $3, $3, $3)`, tenant, owner, now)
	}
	for _, tenant := range []string{"diary", "registered", "member", "shared", "silent", "renamed"} {
		add(tenant, tenant+"-owner")
	}
	add("ownerless", "")
	add("deleted", "deleted-owner")
	exec(`UPDATE public.tenants SET state = 'tombstone' WHERE name = 'deleted'`)
	exec(`INSERT INTO public.registrations (id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES (gen_random_uuid(), 'registered-owner', 'live', '', '', $1, $1, $1)`, now)
	for _, username := range []string{"member-owner", "other"} {
		user := account.User{Username: username, Email: username + "@example.org", Role: account.Author, State: account.Active, CreatedAt: now}
		if _, err := account.InsertUser(t.Context(), db, user); err != nil {
			t.Fatal(err)
		}
	}
	owners := tenantOwners{
		"diary": {"diary-owner", "Diary@example.org"}, "registered": {"registered-owner", "r@example.org"}, "member": {"member-owner", "m@example.org"},
		"shared": {"shared-owner", "Other@example.org"}, "silent": {"silent-owner", ""}, "renamed": {"new-owner", "new@example.org"},
		"ownerless": {"", ""}, "deleted": {"deleted-owner", "d@example.org"},
	}
	type message struct{ Kind, Subject, Payload string }
	invite := func() []message {
		t.Helper()
		sent, err := account.InviteOwners(t.Context(), db, owners, now)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query(t.Context(), `DELETE FROM public.outbox RETURNING kind, subject, payload::text`)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[message])
		if err != nil || len(messages) != sent {
			t.Fatalf("%d mails were enqueued, %d reported, %v", len(messages), sent, err)
		}
		return messages
	}

	if _, err := account.InviteOwners(t.Context(), db, brokenOwners{}, now); err == nil || err.Error() != "the API server is unavailable" {
		t.Errorf("got %v", err)
	}
	want := []message{{"mail.invite", "diary-owner", `{"email": "Diary@example.org", "tenant": "diary", "username": "diary-owner"}`}}
	if diff := cmp.Diff(want, invite()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	if again := invite(); len(again) != 0 {
		t.Errorf("invited again: %v", again)
	}
	// A Tenant that was deleted and created again is another one.
	exec(`UPDATE public.tenants SET created_at = created_at + interval '1 day' WHERE name = 'diary'`)
	if diff := cmp.Diff(want, invite()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}
