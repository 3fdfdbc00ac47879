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

// Observer measures and logs requests, and turns a panic of a handler into an error page.
type Observer struct {
	// Log receives panics and, with AccessLog, requests.
	Log *slog.Logger
	// AccessLog logs each request.
	AccessLog bool
	// Identify assigns an ID to each request, see RequestID.
	Identify bool
	// Panicked responds to a request whose handler panicked before it wrote anything. The log has the same id.
	Panicked func(w http.ResponseWriter, id string)

	requests *prometheus.CounterVec
	duration prometheus.Histogram
}

// NewObserver returns an Observer whose metrics have names with a prefix.
func NewObserver(prefix string) *Observer {
	return &Observer{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_requests_total", Help: "HTTP requests, by status code.",
		}, []string{"code"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "_request_duration_seconds", Help: "Duration of HTTP requests, in seconds.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}),
	}
}

// Describe implements prometheus.Collector.
func (o *Observer) Describe(out chan<- *prometheus.Desc) {
	o.requests.Describe(out)
	o.duration.Describe(out)
}

// Collect implements prometheus.Collector.
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
		panic(http.ErrAbortHandler) // part of the response was sent: only a closed connection tells the client
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

// RequestID returns the ID that an Observer assigned to a request, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestID{}).(string)
	return id
}

// recorder records the status and size of a response.
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
