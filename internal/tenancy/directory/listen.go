package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// checkInterval is how long a silent connection is trusted before it is checked.
	checkInterval = 30 * time.Second
	// The delay between attempts to reconnect doubles from the first to the second of these.
	minReconnect, maxReconnect = 250 * time.Millisecond, 10 * time.Second
)

// listener waits for notifications on a dedicated connection, which must be direct: through PgBouncer in transaction mode
// none would arrive.
type listener struct {
	address string // of the database; see postgres.AddressFromEnv
	name    string // in pg_stat_activity
	pending *pendingReads
	log     *slog.Logger
	failing bool
}

func newListener(address, name string, pending *pendingReads, log *slog.Logger) (*listener, error) {
	l := &listener{address: address, name: name, pending: pending, log: log}
	_, err := l.config()
	return l, err
}

// config returns the configuration of a connection, with the address as it is now.
func (l *listener) config() (*pgx.ConnConfig, error) {
	config, err := postgres.ConnConfig(l.address, l.name)
	if err != nil {
		return nil, err
	}
	config.DialFunc = (&net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}).DialContext
	return config, nil
}

// run listens until ctx ends, and reconnects whenever the connection is lost.
func (l *listener) run(ctx context.Context) {
	delay := minReconnect
	for ctx.Err() == nil {
		connected, err := l.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			delay = minReconnect
		}
		if !l.failing {
			l.failing = true
			l.log.LogAttrs(ctx, slog.LevelWarn, "Cannot listen for changes; they take up to two seconds to show",
				slog.String("cause", postgres.LogText(err)))
		}
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
		delay = min(2*delay, maxReconnect)
	}
}

// listen connects, listens, and returns when the connection is lost.
func (l *listener) listen(ctx context.Context) (connected bool, err error) {
	config, err := l.config()
	if err != nil {
		return false, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		conn.Close(closing)
	}()
	if err := execute(ctx, conn, "LISTEN "+pgx.Identifier{Channel}.Sanitize()); err != nil {
		return false, err
	}
	// Changes made while the listener was disconnected were not notified.
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

// wait returns after a notification, or after a check of the connection if none arrives.
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
