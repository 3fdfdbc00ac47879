package media_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
)

// memoryStore keeps one file in memory. Reading it for the decoder takes a second.
type memoryStore struct {
	media.Store
	tenant  int64
	decoder *decoder
	content bytes.Buffer
}

// decoder records which tenants' pictures are decoded.
type decoder struct {
	mu            sync.Mutex
	running, most int
	order         []int64
}

func (*memoryStore) Begin(context.Context, media.Draft, media.Limits) error { return nil }

func (*memoryStore) Abort(context.Context, string) error { return nil }

func (*memoryStore) Complete(_ context.Context, file media.File, _ bool, _ media.Limits, _ time.Time) (media.File, error) {
	return file, nil
}

func (s *memoryStore) Write(context.Context, string, int) media.Writer {
	return memoryWriter{&s.content}
}

func (s *memoryStore) Draft(context.Context, string, int64) io.ReadSeeker {
	s.decoder.mu.Lock()
	s.decoder.running++
	s.decoder.most = max(s.decoder.most, s.decoder.running)
	s.decoder.order = append(s.decoder.order, s.tenant)
	s.decoder.mu.Unlock()
	time.Sleep(time.Second)
	s.decoder.mu.Lock()
	s.decoder.running--
	s.decoder.mu.Unlock()
	return bytes.NewReader(s.content.Bytes())
}

type memoryWriter struct{ *bytes.Buffer }

func (memoryWriter) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (memoryWriter) Close() error                           { return nil }
func (w memoryWriter) Size() int64                          { return int64(w.Len()) }
func (memoryWriter) Hash() []byte                           { return nil }

// One picture is decoded at a time, and tenants take turns.
func TestReceiveDecodesInTurn(t *testing.T) {
	t.Parallel()
	file := photo(t, 30, 20, 1)
	synctest.Test(t, func(t *testing.T) {
		receiver, decoder := media.NewReceiver(), &decoder{}
		start := func(tenant int64, want error) {
			go func() {
				u := upload("a.jpg", file)
				u.TenantID = tenant
				if _, err := receiver.Receive(t.Context(), &memoryStore{tenant: tenant, decoder: decoder}, u); !errors.Is(err, want) {
					t.Errorf("tenant %d: %v, want %v", tenant, err, want)
				}
			}()
			synctest.Wait()
		}
		for range 9 { // one is decoded, and eight wait
			start(1, nil)
		}
		start(1, media.ErrBusy)
		start(2, nil)
		start(3, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if decoder.most != 1 || len(decoder.order) != 11 || slices.Index(decoder.order, 2) > 2 || slices.Index(decoder.order, 3) > 3 {
			t.Errorf("%d at the same time, in the order %v", decoder.most, decoder.order)
		}
	})
}
