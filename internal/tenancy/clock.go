package tenancy

import (
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
)

// clock is the time by which names are held and tombstones are retained. It combines the operator's clock with the
// database's and errs on the side of keeping: a hold begins at the later time and ends at the earlier one. So neither a
// clock that jumps nor a wrong one on another replica's machine frees a name or purges a tombstone too soon.
type clock struct {
	// now is the time by the operator's clock.
	now time.Time
	// maxSkew is the largest tolerated difference between now and the database's clock. It is for tests, which set only
	// one of the two.
	maxSkew time.Duration
}

// The two times of a clock in SQL. Their arguments are those of clock.args.
const (
	earlier = `least(@now::timestamptz, now() + @max_skew::interval)`
	later   = `greatest(@now::timestamptz, now() - @max_skew::interval)`
)

// args adds the arguments of earlier and later to those of a statement.
func (c clock) args(further pgx.NamedArgs) pgx.NamedArgs {
	args := pgx.NamedArgs{"now": c.now, "max_skew": c.maxSkew}
	maps.Copy(args, further)
	return args
}
