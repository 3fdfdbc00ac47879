package outbox

import (
	"errors"
	"time"
)

// delay returns how long to wait after a number of failed attempts.
func (c Consumer) delay(attempts int) time.Duration {
	delay := c.RetryAfter
	for range attempts - 1 {
		if delay *= 2; delay >= c.MaxRetryAfter {
			break
		}
	}
	return min(delay, c.MaxRetryAfter)
}

// Results of a delivery, as the metric and the log name them.
const (
	resultDelivered = "delivered"
	resultObsolete  = "obsolete"
	resultRetried   = "retried"
	resultAbandoned = "abandoned"
)

// result decides what follows from an error of Deliver.
func (c Consumer) result(m Message, err error, now time.Time) string {
	var permanent *PermanentError
	switch {
	case err == nil:
		return resultDelivered
	case errors.Is(err, ErrObsolete):
		return resultObsolete
	case errors.As(err, &permanent), now.Sub(m.CreatedAt) >= c.Lifetime:
		return resultAbandoned
	}
	return resultRetried
}
