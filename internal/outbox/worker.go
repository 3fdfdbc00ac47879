package outbox

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// leaseTime is how long a message that is being delivered is hidden from other workers. It exceeds the sum of
	// deliveryTimeout and recordTimeout.
	leaseTime       = 2 * time.Minute
	deliveryTimeout = 30 * time.Second
	recordTimeout   = 10 * time.Second
	leaseTimeout    = 10 * time.Second
)

// Options configure a Worker.
type Options struct {
	// Ready reports whether messages can be delivered at all. No delivery is attempted until it returns true. By default,
	// messages can always be delivered.
	Ready func(ctx context.Context) bool
	// Concurrency is the largest number of concurrent deliveries. Defaults to 4.
	Concurrency int
	// PollInterval is how often the worker looks for messages of other replicas and for those to be retried. Defaults to
	// 3 seconds.
	PollInterval time.Duration
	// Log defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Worker delivers messages of all kinds that have a consumer. Any number of workers may share a database.
type Worker struct {
	db        postgres.Querier
	options   Options
	consumers map[string]Consumer
	kinds     []string

	woken      chan struct{}
	slots      chan struct{} // one value for each delivery in progress
	more       atomic.Bool   // whether the last lease may have left due messages behind
	deliveries *prometheus.CounterVec
}

// NewWorker returns a worker that has no consumers yet.
func NewWorker(db postgres.Querier, o Options) *Worker {
	if o.Ready == nil {
		o.Ready = func(context.Context) bool { return true }
	}
	if o.Concurrency == 0 {
		o.Concurrency = 4
	}
	if o.PollInterval == 0 {
		o.PollInterval = 3 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Worker{
		db: db, options: o, consumers: make(map[string]Consumer),
		woken: make(chan struct{}, 1), slots: make(chan struct{}, o.Concurrency),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "echoblogs_outbox_deliveries_total",
			Help: "Attempts to deliver messages, by kind and result (delivered, obsolete, retried, abandoned).",
		}, []string{"kind", "result"}),
	}
}

// Register sets the consumer of a kind. Call it before Run.
func (w *Worker) Register(kind string, c Consumer) {
	w.consumers[kind] = c.withDefaults()
	for _, result := range []string{resultDelivered, resultObsolete, resultRetried, resultAbandoned} {
		w.deliveries.WithLabelValues(kind, result) // exported from the start, as 0: an alert compares with before
	}
	w.kinds = slices.Sorted(maps.Keys(w.consumers))
}

// Collectors returns the worker's metrics.
func (w *Worker) Collectors() []prometheus.Collector { return []prometheus.Collector{w.deliveries} }

// Wake makes the worker look for messages now instead of at the next poll. Call it after the transaction that enqueued a
// message has committed.
func (w *Worker) Wake() {
	select {
	case w.woken <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Run delivers messages until ctx ends, and then waits until the deliveries in progress have ended and are recorded.
func (w *Worker) Run(ctx context.Context) {
	ticker := time.NewTicker(w.options.PollInterval)
	defer ticker.Stop()
	var delivering sync.WaitGroup
	defer delivering.Wait()
	for {
		if err := w.deliverDue(ctx, &delivering); err != nil && ctx.Err() == nil {
			w.options.Log.LogAttrs(ctx, slog.LevelWarn, "Outbox not read", slog.String("cause", postgres.LogText(err)))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-w.woken:
		}
	}
}

// deliverDue starts as many deliveries as there are free slots. Only Run calls it, so that no other goroutine takes
// slots meanwhile.
func (w *Worker) deliverDue(ctx context.Context, delivering *sync.WaitGroup) error {
	free := cap(w.slots) - len(w.slots)
	if free == 0 || ctx.Err() != nil || !w.options.Ready(ctx) {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	now := w.options.Now()
	messages, err := lease(limited, w.db, w.kinds, free, now, now.Add(leaseTime))
	if err != nil {
		return err
	}
	w.more.Store(len(messages) == free)
	for _, m := range messages {
		w.slots <- struct{}{}
		delivering.Go(func() {
			w.deliver(context.WithoutCancel(ctx), m)
			<-w.slots
			if w.more.Load() {
				w.Wake()
			}
		})
	}
	return nil
}

// deliver delivers a message and records the result. Its context does not end when the program is stopping: a message
// whose delivery was cut off would have to be delivered again, whether or not it arrived.
func (w *Worker) deliver(ctx context.Context, m Message) {
	consumer := w.consumers[m.Kind]
	limited, cancel := context.WithTimeout(ctx, deliveryTimeout)
	err := consumer.Deliver(limited, m)
	cancel()
	now := w.options.Now()
	result := consumer.result(m, err, now)
	w.deliveries.WithLabelValues(m.Kind, result).Inc()
	log := w.options.Log.With(slog.String("kind", m.Kind), slog.Int64("message", m.ID), slog.Int("attempt", m.Attempts))
	if result == resultRetried || result == resultAbandoned {
		log.LogAttrs(ctx, slog.LevelWarn, "Message not delivered", slog.String("result", result), slog.String("cause", postgres.LogText(err)))
	}
	recording, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if result == resultRetried {
		err = postpone(recording, w.db, m, now.Add(consumer.delay(m.Attempts)))
	} else {
		err = remove(recording, w.db, m)
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "Result of a delivery not recorded: the message may be delivered again",
			slog.String("result", result), slog.String("cause", postgres.LogText(err)))
	}
}
