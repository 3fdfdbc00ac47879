package outbox

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Consumer delivers the messages of one kind.
type Consumer struct {
	// Deliver delivers a message. After ErrObsolete the message is dropped, after a *PermanentError it is abandoned, and
	// after any other error it is delivered again later. Required.
	Deliver func(ctx context.Context, m Message) error
	// RetryAfter is the delay before the second attempt; it doubles with every further one, up to MaxRetryAfter.
	// Default to 1 minute and 6 hours.
	RetryAfter, MaxRetryAfter time.Duration
	// Lifetime is the age from which on a message that cannot be delivered is abandoned. Defaults to 3 days.
	Lifetime time.Duration
}

// ErrObsolete reports that a message is no longer needed.
var ErrObsolete = errors.New("the message is obsolete")

// PermanentError reports that a message can never be delivered.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

func (c Consumer) withDefaults() Consumer {
	c.RetryAfter = cmp.Or(c.RetryAfter, time.Minute)
	c.MaxRetryAfter = cmp.Or(c.MaxRetryAfter, 6*time.Hour)
	c.Lifetime = cmp.Or(c.Lifetime, 3*24*time.Hour)
	return c
}
