package media_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/test/testkit/faultproxy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// Wherever the connection to the database is lost, the client's retry stores the file once and whole, and nothing else is
// left once it has been swept.
func TestReceiveWhenTheConnectionIsLost(t *testing.T) {
	t.Parallel()
	database := tenancytest.NewDatabase(t)
	createTenant(t, database, "order")
	proxy, through := faultproxy.NewPostgres(t, database.BlogURI)
	direct := connect(t, database.BlogURI)
	store, healthy := media.NewPostgres(media.UsePool(connect(t, through)), "order"), media.NewPostgres(media.UsePool(direct), "order")
	file := photo(t, 20, 640, 1) // it is turned, and has a variant
	var want []byte
	for n := 0; ; n++ {
		if n > 500 {
			t.Fatal("the upload never succeeds")
		}
		proxy.CutBeforeMessage(n)
		stored, err := media.NewReceiver().Receive(t.Context(), store, upload("a.jpg", file))
		cut := proxy.Restore()
		if err == nil && !cut {
			t.Logf("cut at %d messages", n)
			return
		}
		if err != nil {
			stored = receive(t, healthy, "a.jpg", file)
		}
		got := read(t, healthy, stored.ID, media.Original)
		if want == nil {
			want = got
		}
		if !bytes.Equal(got, want) {
			t.Errorf("after message %d: the content differs", n)
		}
		if _, err := healthy.Sweep(t.Context(), now.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if files, chunks := count(t, direct); files != 1 || chunks != 1+len(stored.Variants) {
			t.Errorf("after message %d: %d files and %d chunks", n, files, chunks)
		}
		if err := healthy.Delete(t.Context(), stored.ID); err != nil {
			t.Fatal(err)
		}
	}
}
