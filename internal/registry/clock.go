package registry

import (
	"fmt"
	"time"
)

// Clock is the time by which names are held and the data of deleted tenants is kept. It looks at two clocks, the
// operator's and the database's, and goes by the one that keeps longer: a hold begins at the later time and is over at
// the earlier. So neither a clock that jumps, nor one that is wrong on the machine of another replica, gives a name away
// too soon or purges what is to be kept.
type Clock struct {
	// Now is the time by the operator's clock.
	Now time.Time
	// MaxSkew is how far Now may be from the database's clock before that one counts. Zero: not at all. It is for tests,
	// which move the one and not the other.
	MaxSkew time.Duration
}

// The two times of a Clock in SQL. $1 is Now, $2 is MaxSkew.
const (
	// earlier is the time by which something is over.
	earlier = `least($1::timestamptz, now() + $2::interval)`
	// later is the time at which something begins.
	later = `greatest($1::timestamptz, now() - $2::interval)`
)

// freed is the moment since which a name has to have been released to be free: a Hold ago.
var freed = fmt.Sprintf(`(%s - interval '%d seconds')`, earlier, Hold/time.Second)
