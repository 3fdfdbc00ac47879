package media_test

import (
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/citusrules"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// An address of one tenant's upload is nothing to another tenant, and every statement keeps to one schema and to the rules of
// Citus.
func TestStoreOfAnotherTenant(t *testing.T) {
	t.Parallel()
	database := tenancytest.NewDatabase(t)
	createTenant(t, database, "alice")
	createTenant(t, database, "bob")
	recorder := &citusrules.Recorder{}
	pool, err := postgres.NewPool(database.BlogURI, postgres.PoolOptions{Tracer: recorder})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	alice, bob := media.NewPostgres(media.UsePool(pool), "alice"), media.NewPostgres(media.UsePool(connect(t, database.BlogURI)), "bob")
	id := receive(t, alice, "a.jpg", photo(t, 640, 700, 1)).ID

	if _, err := bob.Open(t.Context(), id, media.Original); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
	if files, err := bob.Find(t.Context(), []string{id}); err != nil || len(files) > 0 {
		t.Errorf("Find: %v, %v", files, err)
	}
	if files, err := bob.List(t.Context(), 10, 0); err != nil || len(files) > 0 {
		t.Errorf("List: %v, %v", files, err)
	}
	if files, err := bob.ListAfter(t.Context(), "", 10); err != nil || len(files) > 0 {
		t.Errorf("ListAfter: %v, %v", files, err)
	}
	if err := bob.SetAlt(t.Context(), id, "x"); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("SetAlt: %v", err)
	}
	if err := bob.Delete(t.Context(), id); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if usage, err := bob.Usage(t.Context()); err != nil || usage != (media.Usage{}) {
		t.Errorf("Usage: %v, %v", usage, err)
	}
	if other := receive(t, bob, "a.jpg", photo(t, 640, 700, 1)).ID; other == id {
		t.Error("two tenants share an upload")
	}

	if content := read(t, alice, id, media.Original); len(content) == 0 {
		t.Error("the upload has vanished")
	}
	if _, err := alice.List(t.Context(), 10, 0); err != nil {
		t.Error(err)
	}
	if _, err := alice.ListAfter(t.Context(), "", 10); err != nil {
		t.Error(err)
	}
	if err := alice.SetAlt(t.Context(), id, "x"); err != nil {
		t.Error(err)
	}
	if _, err := alice.Sweep(t.Context(), now.Add(2*time.Hour)); err != nil {
		t.Error(err)
	}
	if err := alice.Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	statements := recorder.Statements()
	if len(statements) < 15 {
		t.Errorf("only %d statements were recorded", len(statements))
	}
	for _, statement := range statements {
		for _, violated := range citusrules.Violations(statement, "alice") {
			t.Errorf("%s:\n%s", violated, statement)
		}
	}
}
