package post_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

func TestAuthorize(t *testing.T) {
	t.Parallel()
	database := tenancytest.NewDatabase(t)
	store := tenancytest.Open(t, database, tenancy.Options{})
	today := now.Truncate(24 * time.Hour)
	spec := tenancy.Spec{
		Name: "alice", SchemaName: "alice", DisplayName: "Alice", Owner: "alice", PrimaryHost: "alice.example.com",
		PaidUntil: today, SuspendAt: today.AddDate(0, 0, 15), Limits: tenancy.Limits{MaxPosts: new(int64(7))},
	}
	if err := store.Create(t.Context(), spec, tenancy.CreateOptions{}, now); err != nil {
		t.Fatal(err)
	}
	alice, err := store.Find(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	pool := connect(t, database.BlogURI)
	for name, test := range map[string]struct {
		tenantID  int64
		username  string
		now       time.Time
		want      error
		suspended bool
	}{
		"the owner":                {alice.ID, "alice", now, nil, false},
		"at the end of the plan":   {alice.ID, "alice", today.AddDate(0, 0, 1).Add(-time.Nanosecond), nil, false},
		"after the end":            {alice.ID, "alice", today.AddDate(0, 0, 1), &post.ReadOnlyError{}, false},
		"suspended":                {alice.ID, "alice", spec.SuspendAt, &post.ReadOnlyError{}, true},
		"another user":             {alice.ID, "bob", now, post.ErrNotOwner, false},
		"no user":                  {alice.ID, "", now, post.ErrNotOwner, false},
		"a tenant that is missing": {alice.ID + 1, "alice", now, post.ErrNotOwner, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			quota, err := post.Authorize(t.Context(), pool, test.tenantID, test.username, test.now)
			var readOnly *post.ReadOnlyError
			wanted := new(post.ReadOnlyError)
			switch wantReadOnly := errors.As(test.want, &wanted); {
			case wantReadOnly && (!errors.As(err, &readOnly) || readOnly.Suspended != test.suspended):
				t.Errorf("got %v, want a ReadOnlyError", err)
			case !wantReadOnly && !errors.Is(err, test.want):
				t.Errorf("got %v, want %v", err, test.want)
			case err == nil:
				if diff := cmp.Diff(post.Quota{MaxPosts: new(int64(7))}, quota); diff != "" {
					t.Errorf("the quota (-want +got):\n%s", diff)
				}
			}
		})
	}
}
