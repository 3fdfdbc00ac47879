package outbox_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// queue is a prepared database with a clock that the test sets.
type queue struct {
	t   *testing.T
	db  *pgxpool.Pool // with the portal's role
	now atomic.Pointer[time.Time]
	log safeBuffer
}

var start = time.Date(2027, 1, 10, 12, 0, 0, 0, time.UTC)

func newQueue(t *testing.T) *queue {
	t.Helper()
	db, _ := tenancytest.Pools(t)
	q := &queue{t: t, db: db}
	q.set(start)
	return q
}

func (q *queue) set(now time.Time) { q.now.Store(&now) }

// enqueue adds a message of kind test.
func (q *queue) enqueue(payload string) {
	q.t.Helper()
	m := outbox.Message{Kind: "test", Payload: json.RawMessage(payload), CreatedAt: *q.now.Load()}
	if err := outbox.Enqueue(q.t.Context(), q.db, m); err != nil {
		q.t.Fatal(err)
	}
}

// run starts a worker that delivers messages of kind test by deliver, and returns it and a function that stops it.
func (q *queue) run(deliver func(context.Context, outbox.Message) error, change ...func(*outbox.Options)) (*outbox.Worker, func()) {
	q.t.Helper()
	options := outbox.Options{
		PollInterval: 10 * time.Millisecond, Now: func() time.Time { return *q.now.Load() },
		Log: slog.New(slog.NewJSONHandler(&q.log, nil)),
	}
	for _, c := range change {
		c(&options)
	}
	worker := outbox.NewWorker(q.db, options)
	worker.Register("test", outbox.Consumer{Deliver: deliver})
	ctx, cancel := context.WithCancel(q.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		worker.Run(ctx)
	}()
	stop := func() {
		cancel()
		<-stopped
	}
	q.t.Cleanup(stop)
	return worker, stop
}

// row is what the table says of a message.
type row struct {
	Attempts int
	NextAt   time.Time
}

func (q *queue) rows() []row {
	q.t.Helper()
	rows, err := q.db.Query(q.t.Context(), `SELECT attempts, next_at FROM public.outbox ORDER BY id`)
	if err != nil {
		q.t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		q.t.Fatal(err)
	}
	for i := range found {
		found[i].NextAt = found[i].NextAt.UTC()
	}
	return found
}

// wait waits until the table holds these messages.
func (q *queue) wait(want ...row) {
	q.t.Helper()
	var diff string
	await(q.t, func() bool {
		diff = cmp.Diff(append([]row{}, want...), append([]row{}, q.rows()...))
		return diff == ""
	}, func() string { return "messages (-want +got):\n" + diff })
}

// await waits until a condition holds.
func await(t *testing.T, condition func() bool, state func() string) {
	t.Helper()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	limit := time.After(20 * time.Second)
	for !condition() {
		select {
		case <-limit:
			t.Fatal(state())
		case <-retry.C:
		}
	}
}

// count returns the metric of a result.
func count(w *outbox.Worker, result string) float64 {
	return testutil.ToFloat64(w.Collectors()[0].(*prometheus.CounterVec).WithLabelValues("test", result))
}

type safeBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
