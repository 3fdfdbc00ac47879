package tenants

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Version identifies a Tenant as a caller has seen it.
type Version struct {
	// Name is the Tenant's name.
	Name string
	// UID is the Tenant's UID: a later Tenant of the same name counts as not found. Empty: not checked.
	UID types.UID
	// Generation is the generation that the caller has seen. If the Tenant has another one, the caller gets a
	// *ChangedError. 0: not checked, for changes that are valid regardless of others.
	Generation int64
}

// VersionOf returns the version of a Tenant that was read.
func VersionOf(t *v1alpha1.Tenant) Version {
	return Version{Name: t.Name, UID: t.UID, Generation: t.Generation}
}

// String returns the UID and the generation, for a form.
func (v Version) String() string { return fmt.Sprintf("%s/%d", v.UID, v.Generation) }

// Seen returns v with the generation in a form that String was written to. A form that was made from another Tenant, or
// from none, has a generation that no Tenant has.
func (v Version) Seen(form string) Version {
	uid, number, _ := strings.Cut(form, "/")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil || generation < 1 || types.UID(uid) != v.UID {
		generation = -1
	}
	v.Generation = generation
	return v
}

// Latest returns v without its generation, for a change that applies to the Tenant whatever its generation is.
func (v Version) Latest() Version {
	v.Generation = 0
	return v
}

// conflictBackoff is how often, and how fast, a write is repeated after a conflict with another one. The operator writes
// status several times within the first second after a change.
var conflictBackoff = wait.Backoff{Steps: 8, Duration: 10 * time.Millisecond, Factor: 2, Jitter: 0.2}

// withLatest reads a Tenant, checks that it is the version that the caller has seen, and calls write. If write conflicts
// with a concurrent change, all of this is repeated.
func (c *Client) withLatest(ctx context.Context, v Version, write func(live *v1alpha1.Tenant) error) error {
	return retry.OnError(conflictBackoff, func(err error) bool { return errors.Is(err, ErrConflict) && ctx.Err() == nil }, func() error {
		live, err := c.GetLive(ctx, v.Name)
		switch {
		case err != nil:
			return err
		case v.UID != "" && live.UID != v.UID:
			return notFound(v.Name)
		case v.Generation != 0 && live.Generation != v.Generation:
			return &ChangedError{Tenant: live}
		}
		return write(live)
	})
}
