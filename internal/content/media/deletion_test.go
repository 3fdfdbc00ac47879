package media_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// Nothing of a deleted tenant is left, and no other tenant loses anything.
func TestDeletionOfATenant(t *testing.T) {
	t.Parallel()
	database := tenancytest.NewDatabase(t)
	createTenant(t, database, "alice")
	createTenant(t, database, "bob")
	pool := connect(t, database.BlogURI)
	for _, name := range []string{"alice", "bob"} {
		receive(t, media.NewPostgres(media.UsePool(pool), name), "a.jpg", photo(t, 640, 700, 1))
	}
	store := tenancytest.Open(t, database, tenancy.Options{})
	row, err := store.Find(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	if dropped, err := store.Drop(t.Context(), row, nil, now); err != nil || !dropped {
		t.Fatalf("dropped %t, %v", dropped, err)
	}
	var schemas, toast, ofBob int
	err = connect(t, database.OperatorURI).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'alice'),
		(SELECT count(*) FROM pg_class WHERE relkind = 't' AND relname NOT IN (SELECT 'pg_toast_' || oid FROM pg_class)),
		(SELECT count(*) FROM bob.media_chunks)`).Scan(&schemas, &toast, &ofBob)
	if err != nil || schemas != 0 || toast != 0 || ofBob == 0 {
		t.Errorf("%d schemas, %d tables without an owner, %d chunks of bob, %v", schemas, toast, ofBob, err)
	}
}
