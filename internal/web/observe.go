package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Observer counts and times requests, logs them where asked to, and turns a panic in a handler into a page.
type Observer struct {
	// Log takes one line for each request, where AccessLog is set, and for each panic.
	Log *slog.Logger
	// AccessLog makes Log take a line for each request.
	AccessLog bool
	// Identify gives every request a number, which RequestID returns and its lines in the log carry.
	Identify bool
	// Panicked answers a request whose handler panicked before it wrote anything. id stands in the log as well.
	Panicked func(w http.ResponseWriter, id string)

	requests *prometheus.CounterVec
	duration prometheus.Histogram
}

// NewObserver returns an Observer whose metrics begin with prefix.
func NewObserver(prefix string) *Observer {
	return &Observer{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_requests_total", Help: "Requests answered, by status code.",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "_request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
	}
}

// Describe sends the descriptions of the metrics.
func (o *Observer) Describe(out chan<- *prometheus.Desc) {
	o.requests.Describe(out)
	o.duration.Describe(out)
}

// Collect sends the figures of this moment.
func (o *Observer) Collect(out chan<- prometheus.Metric) {
	o.requests.Collect(out)
	o.duration.Collect(out)
}

// Wrap returns a handler that observes next.
func (o *Observer) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		recorder := &recorder{ResponseWriter: w}
		if o.Identify {
			r = r.WithContext(context.WithValue(r.Context(), requestID{}, newRequestID()))
		}
		defer func() { o.done(recorder, r, time.Since(started)) }()
		defer func() {
			if cause := recover(); cause != nil {
				o.panicked(recorder, r, cause)
			}
		}()
		next.ServeHTTP(recorder, r)
	})
}

func (o *Observer) panicked(w *recorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in this way
		panic(cause)
	}
	id := RequestID(r.Context())
	if id == "" {
		id = newRequestID()
	}
	o.Log.LogAttrs(r.Context(), slog.LevelError, "Request handler panicked", slog.String("id", id), slog.String("method", r.Method),
		slog.String("host", r.Host), slog.String("path", r.URL.Path), slog.String("cause", fmt.Sprint(cause)),
		slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer is out: only a broken connection tells the reader
	}
	o.Panicked(w, id)
}

func (o *Observer) done(w *recorder, r *http.Request, took time.Duration) {
	status := w.status
	if status == 0 {
		status = http.StatusOK
	}
	o.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	o.duration.Observe(took.Seconds())
	if o.AccessLog {
		o.Log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "Request", slog.String("id", RequestID(r.Context())), slog.String("method", r.Method),
			slog.String("host", r.Host), slog.String("path", r.URL.Path), slog.Int("status", status),
			slog.Int64("bytes", w.written), slog.Duration("took", took))
	}
}

type requestID struct{}

func newRequestID() string { return rand.Text()[:10] }

// RequestID returns the number that an Observer gave a request. Empty: it gives none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

// recorder notes what is answered.
type recorder struct {
	http.ResponseWriter
	status  int // 0: nothing has been written
	written int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.written += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
