package blog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

const (
	// checkInterval is how long a silent connection is trusted before it is asked whether it still works.
	checkInterval = 30 * time.Second
	// The pause before a connection is made anew doubles from the first to the last of these.
	minReconnect, maxReconnect = 250 * time.Millisecond, 10 * time.Second
	// maxPending bounds the ids that wait to be read. Beyond it, everything is read.
	maxPending = 10_000
)

// listener waits for notifications on a connection of its own, which must be a direct one: behind PgBouncer in
// transaction mode none would arrive, and changes would take as long as pollInterval.
type listener struct {
	config  *pgx.ConnConfig
	pending *pendingReads
	log     *slog.Logger
	failing bool
}

// newListener returns a listener for the database at uri.
func newListener(uri string, pending *pendingReads, log *slog.Logger) (*listener, error) {
	config, err := postgres.ConnConfig(uri, "echoblogs-blog-listen")
	if err != nil {
		return nil, err
	}
	config.DialFunc = (&net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}).DialContext
	return &listener{config: config, pending: pending, log: log}, nil
}

// run listens until ctx ends, and connects anew whenever the connection is lost.
func (l *listener) run(ctx context.Context) {
	pause := minReconnect
	for ctx.Err() == nil {
		connected, err := l.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			pause = minReconnect
		}
		if !l.failing {
			l.failing = true
			l.log.LogAttrs(ctx, slog.LevelWarn, "Cannot listen for changes; they take up to two seconds to show",
				slog.String("cause", postgres.Explain(err)), slog.String("sqlstate", postgres.Code(err)))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxReconnect)
	}
}

// listen connects, listens, and returns when the connection is lost.
func (l *listener) listen(ctx context.Context) (connected bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, l.config)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(closing)
	}()
	if err := execute(ctx, conn, "LISTEN "+pgx.Identifier{directory.Channel}.Sanitize()); err != nil {
		return false, err
	}
	// What changed while nobody listened, and notifications that were lost with the connection.
	l.pending.addAll()
	if l.failing {
		l.failing = false
		l.log.LogAttrs(ctx, slog.LevelInfo, "Listening for changes again")
	}
	for {
		if err := l.wait(ctx, conn); err != nil {
			return true, err
		}
	}
}

// wait takes one notification, or finds that the connection works although none came.
func (l *listener) wait(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	notification, err := conn.WaitForNotification(waiting)
	switch {
	case err == nil:
		if id, err := strconv.ParseInt(notification.Payload, 10, 64); err == nil {
			l.pending.add(id)
		} else {
			l.pending.addAll()
		}
		return nil
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		return execute(ctx, conn, "SELECT")
	}
	return fmt.Errorf("wait for a notification: %w", err)
}

func execute(ctx context.Context, conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	if _, err := conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		return fmt.Errorf("run %s: %w", sql, err)
	}
	return nil
}

// pendingReads gathers what notifications ask for while the registry is being read, so that many of them become one
// look at it.
type pendingReads struct {
	// wake has a value when there is something to take.
	wake chan struct{}

	mu  sync.Mutex
	ids map[int64]struct{}
	all bool
}

func newPendingReads() *pendingReads {
	return &pendingReads{wake: make(chan struct{}, 1), ids: map[int64]struct{}{}}
}

func (p *pendingReads) add(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids[id] = struct{}{}
	if len(p.ids) > maxPending {
		p.all = true
	}
	p.signal()
}

func (p *pendingReads) addAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = true
	p.signal()
}

func (p *pendingReads) signal() {
	select {
	case p.wake <- struct{}{}:
	default: // it has one already
	}
}

// take returns the ids that wait, and whether everything is to be read instead.
func (p *pendingReads) take() (ids []int64, all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids, all = make([]int64, 0, len(p.ids)), p.all
	for id := range p.ids {
		ids = append(ids, id)
	}
	clear(p.ids)
	p.all = false
	return ids, all
}
