package media_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/content/media"
)

func TestOpenSeeks(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	file := document(3*media.ChunkBytes + 1000)
	content, err := store.Open(t.Context(), receive(t, store, "a.pdf", file).ID, media.Original)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(read(t, store, content.File.ID, media.Original), file) {
		t.Error("the content has changed")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		offset, length := random.IntN(len(file)), 1+random.IntN(400_000)
		if _, err := content.Seek(int64(offset-len(file)), io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		part, err := io.ReadAll(io.LimitReader(content, int64(length)))
		if err != nil || !bytes.Equal(part, file[offset:min(len(file), offset+length)]) {
			t.Fatalf("%d bytes from %d: %v", length, offset, err)
		}
	}
	if _, err := content.Seek(-1, io.SeekStart); err == nil {
		t.Error("a negative position")
	}
	if err := store.Delete(t.Context(), content.File.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(content); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("a file that was deleted meanwhile: %v", err)
	}
}

// A download of 20 MB takes less than 2 MB of memory, garbage included.
func TestMemoryOfDownload(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	if race {
		t.Skip("the race detector keeps pools from reusing buffers")
	}
	_, store := newBlog(t)
	file := document(media.DefaultMaxFileBytes)
	id := receive(t, store, "a.pdf", file).ID
	want := sha256.Sum256(file)
	for range 2 { // the first one fills the pool's buffers
		hash := sha256.New()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		content, err := store.Open(t.Context(), id, media.Original)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(hash, content); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := [32]byte(hash.Sum(nil)); got != want {
			t.Error("the content has changed")
		}
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("%d bytes allocated", allocated)
		if allocated > 2_000_000 {
			t.Errorf("a download of 20 MB allocates %d bytes", allocated)
		}
	}
}

// An upload of 20 MB does not hold the file in memory.
func TestMemoryOfUpload(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	if race {
		t.Skip("the race detector takes memory, too")
	}
	_, store := newBlog(t)
	random := rand.NewChaCha8([32]byte{1})
	stop, most := make(chan struct{}), make(chan uint64)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	body := io.MultiReader(strings.NewReader("%PDF-1.7\n"), io.LimitReader(random, 19_000_000))
	go func() {
		var peak uint64
		for {
			select {
			case <-stop:
				most <- peak
				return
			default:
				runtime.GC()
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc)
			}
		}
	}()
	_, err := media.NewReceiver().Receive(t.Context(), store, media.Upload{Name: "a.pdf", Size: -1, Body: body})
	close(stop)
	peak := <-most
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes in use", peak-before.HeapAlloc)
	if peak > before.HeapAlloc+3_000_000 {
		t.Errorf("an upload of 19 MB takes %d bytes", peak-before.HeapAlloc)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	for i := range 5 {
		file := upload(fmt.Sprintf("%d.pdf", i), document(100+i))
		file.Now = func() time.Time { return now.Add(time.Duration(i) * time.Minute) }
		if _, err := media.NewReceiver().Receive(t.Context(), store, file); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Begin(t.Context(), media.Draft{ID: "unfinished", Size: 5, Now: now}, media.Limits{}); err != nil {
		t.Fatal(err)
	}
	for page, want := range [][]string{{"4.pdf", "3.pdf"}, {"2.pdf", "1.pdf"}, {"0.pdf"}, nil} {
		files, err := store.List(t.Context(), 2, 2*page)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, file := range files {
			names = append(names, file.Name)
		}
		if fmt.Sprint(names) != fmt.Sprint(want) {
			t.Errorf("page %d: %v, want %v", page, names, want)
		}
	}
	seen := map[string]bool{}
	for after, n := "", 2; n == 2; {
		files, err := store.ListAfter(t.Context(), after, 2)
		if err != nil {
			t.Fatal(err)
		}
		n = len(files)
		for _, file := range files {
			if seen[file.Name] || file.ID <= after {
				t.Errorf("after %q: %+v", after, file)
			}
			seen[file.Name], after = true, file.ID
		}
	}
	if len(seen) != 5 {
		t.Errorf("read in batches: %v", seen)
	}
	if _, err := store.Open(t.Context(), "unfinished", media.Original); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("an upload that is not complete: %v", err)
	}
}

func TestSetAlt(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	file := receive(t, store, "a.jpg", photo(t, 50, 40, 1))
	if err := store.SetAlt(t.Context(), file.ID, " The harbour\x00\n at \"dawn\" "); err != nil {
		t.Fatal(err)
	}
	if found, err := store.Find(t.Context(), []string{file.ID}); err != nil || found[0].Alt != `The harbour at "dawn"` {
		t.Errorf("%+v, %v", found, err)
	}
	if err := store.SetAlt(t.Context(), "other", "x"); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("another one: %v", err)
	}
}

// What a crash left is removed by the next upload, or by Sweep, and not what still runs.
func TestSweep(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	done := receive(t, store, "a.pdf", document(300_000))
	leave := func(id string, at time.Time) {
		if err := store.Begin(t.Context(), media.Draft{ID: id, Name: id, Size: 1000, Now: at}, media.Limits{}); err != nil {
			t.Fatal(err)
		}
		w := store.Write(t.Context(), id, media.Original)
		if _, err := w.Write(document(2*media.ChunkBytes + 1)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range media.SweepBatch + 2 {
		leave(fmt.Sprintf("left-%02d", i), now)
	}
	leave("running", now.Add(30*time.Minute))
	for _, want := range []int{media.SweepBatch, 2, 0} {
		if n, err := store.Sweep(t.Context(), now.Add(media.StaleAfter+time.Second)); err != nil || n != want {
			t.Errorf("%d were removed, want %d: %v", n, want, err)
		}
	}
	if ids := listIDs(t, pool); fmt.Sprint(ids) != fmt.Sprint([]string{done.ID, "running"}) {
		t.Errorf("left: %v", ids)
	}
	later := upload("b.pdf", document(100))
	later.Now = func() time.Time { return now.Add(2 * time.Hour) }
	if _, err := media.NewReceiver().Receive(t.Context(), store, later); err != nil {
		t.Fatal(err)
	}
	if files, chunks := count(t, pool); files != 2 || chunks != 2+1 {
		t.Errorf("%d files and %d chunks", files, chunks)
	}
}

func listIDs(t *testing.T, pool *pgxpool.Pool) (ids []string) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT id FROM "order".media ORDER BY created_at, length(id) DESC`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// What is decided by what others store is decided one after another.
func TestStoreOfConcurrentUploads(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for round := range 10 {
		var (
			group    sync.WaitGroup
			begun    atomic.Int32
			reserved sync.Map
		)
		for i := range 6 {
			group.Go(func() {
				id := fmt.Sprintf("%d-%d", round, i)
				limits := media.Limits{MaxStorageBytes: new(int64(2500))}
				err := store.Begin(context.Background(), media.Draft{ID: id, Size: 1000, Now: now}, limits)
				if _, full := errors.AsType[*media.QuotaError](err); err != nil && !full {
					t.Errorf("Begin: %v", err)
				}
				if err == nil {
					begun.Add(1)
					reserved.Store(id, true)
				}
			})
		}
		group.Wait()
		if n := begun.Load(); n != 2 {
			t.Errorf("%d uploads of 1000 bytes began with 2500 left", n)
		}
		reserved.Range(func(id, _ any) bool {
			group.Go(func() {
				file := media.File{ID: id.(string), Size: 1000, Hash: []byte{byte(round)}}
				if _, err := store.Complete(context.Background(), file, false, media.Limits{}, now); err != nil {
					t.Errorf("Complete: %v", err)
				}
			})
			return true
		})
		group.Wait()
		if files, _ := count(t, pool); files != 1 {
			t.Errorf("the same file is stored %d times", files)
		}
		for _, id := range listIDs(t, pool) {
			if err := store.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Abort after a response of Complete that was lost keeps the file, which the client's retry finds.
func TestAbortAfterCompletion(t *testing.T) {
	t.Parallel()
	_, store := newBlog(t)
	file := receive(t, store, "a.pdf", document(1000))
	if err := store.Abort(t.Context(), file.ID); err != nil {
		t.Fatal(err)
	}
	completed, err := store.Complete(t.Context(), file, false, media.Limits{}, now.Add(time.Second))
	if err != nil || completed.ID != file.ID {
		t.Errorf("Complete again: %+v, %v", completed, err)
	}
	if again := receive(t, store, "a.pdf", document(1000)); again.ID != file.ID {
		t.Error("the retry stored it again")
	}
}

// An upload whose row was removed fails, instead of leaving chunks.
func TestCompleteAfterRemoval(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	if err := store.Begin(t.Context(), media.Draft{ID: "a", Size: 5, Now: now}, media.Limits{}); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	w := store.Write(t.Context(), "a", media.Original)
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("Close: %v", err)
	}
	if _, err := store.Complete(t.Context(), media.File{ID: "a", Hash: []byte("h")}, false, media.Limits{}, now); !errors.Is(err, media.ErrNotFound) {
		t.Errorf("Complete: %v", err)
	}
	if files, chunks := count(t, pool); files+chunks > 0 {
		t.Errorf("%d files and %d chunks", files, chunks)
	}
}
