package registry

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// toTimestamp writes the zero time as -infinity: before every moment.
func toTimestamp(t time.Time) pgtype.Timestamptz {
	if t.IsZero() {
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: t, Valid: true}
}

// fromTimestamp reads -infinity as the zero time.
func fromTimestamp(t pgtype.Timestamptz) time.Time {
	if t.InfinityModifier == pgtype.NegativeInfinity {
		return time.Time{}
	}
	return t.Time
}
