// Package outbox is a queue in Postgres for everything that is sent after a transaction: emails and, later, other
// messages to the outside. Enqueue adds a message inside the caller's transaction, and a Worker in each replica
// delivers it through the Consumer of its kind. A message is delivered at least once: a worker that crashes between a
// delivery and the record of it repeats the delivery.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Message is a message in the queue.
type Message struct {
	// ID identifies the message in the queue. Enqueue ignores it.
	ID int64
	// Kind selects the Consumer, such as "mail.reset". Required.
	Kind string
	// Subject names what the message is about, so that other queries can find it. Empty: none.
	Subject string
	// UserID is the user whom the message is about. Removing the user removes the message. 0: no user.
	UserID int64
	// Payload is the consumer's data. Required.
	Payload json.RawMessage
	// Attempts counts the deliveries that were started, including the current one. Enqueue ignores it.
	Attempts int
	// CreatedAt is when the message was enqueued. Required.
	CreatedAt time.Time
}

// Enqueue adds a message. If db is a transaction, workers see the message once it has committed. Call Worker.Wake then to
// have the message delivered at once.
func Enqueue(ctx context.Context, db postgres.Querier, m Message) error {
	_, err := db.Exec(ctx, `INSERT INTO public.outbox (kind, subject, user_id, payload, attempts, next_at, created_at)
		VALUES ($1, $2, $3, $4, 0, $5, $5)`, m.Kind, m.Subject, postgres.NullIfZero(m.UserID), string(m.Payload), m.CreatedAt)
	if err != nil {
		return fmt.Errorf("enqueue message of kind %s: %w", m.Kind, err)
	}
	return nil
}

// lease returns at most limit messages of the given kinds that are due, and hides them from other workers until the
// time until. Messages of other kinds wait for a replica that has a consumer for them.
func lease(ctx context.Context, db postgres.Querier, kinds []string, limit int, now, until time.Time) ([]Message, error) {
	rows, err := db.Query(ctx, `WITH due AS MATERIALIZED (
			SELECT id FROM public.outbox WHERE next_at <= $1 AND kind = ANY ($2)
			ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
		)
		UPDATE public.outbox o SET attempts = o.attempts + 1, next_at = $4 FROM due WHERE o.id = due.id
		RETURNING o.id, o.kind, o.subject, COALESCE(o.user_id, 0), o.payload, o.attempts, o.created_at`, now, kinds, limit, until)
	if err != nil {
		return nil, fmt.Errorf("lease messages: %w", err)
	}
	messages, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
	if err != nil {
		return nil, fmt.Errorf("lease messages: %w", err)
	}
	return messages, nil
}

// remove deletes a message that needs no further attempt.
func remove(ctx context.Context, db postgres.Querier, m Message) error {
	if _, err := db.Exec(ctx, `DELETE FROM public.outbox WHERE id = $1`, m.ID); err != nil {
		return fmt.Errorf("remove message %d: %w", m.ID, err)
	}
	return nil
}

// postpone schedules the next attempt. It changes nothing when another worker has leased the message meanwhile.
func postpone(ctx context.Context, db postgres.Querier, m Message, next time.Time) error {
	_, err := db.Exec(ctx, `UPDATE public.outbox SET next_at = $3 WHERE id = $1 AND attempts = $2`, m.ID, m.Attempts, next)
	if err != nil {
		return fmt.Errorf("postpone message %d: %w", m.ID, err)
	}
	return nil
}
