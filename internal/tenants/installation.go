package tenants

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// installationCheck is how often an Installation is checked. It also bounds a check.
const installationCheck = 2 * time.Second

// ErrTakenOver is returned when the Platform of another installation has taken over the database.
var ErrTakenOver = errors.New("another installation has taken over the database")

// Installation tells whether the database still serves the Platform of a Client. After a disaster, the Platform of another
// cluster may have taken it over. The operator, whose writes would do harm, checks that in every transaction.
type Installation struct {
	client       *Client
	registry     tenancy.Reader
	namespaceUID string

	mu      sync.Mutex
	err     error
	checked chan struct{} // closed after the first check
}

// NewInstallation returns an Installation that reads the registry in db.
func NewInstallation(c *Client, db postgres.Querier) *Installation {
	return &Installation{client: c, registry: tenancy.NewReader(db), checked: make(chan struct{})}
}

// Run checks the installation until ctx ends.
func (i *Installation) Run(ctx context.Context) {
	for first := true; ctx.Err() == nil; first = false {
		limited, cancel := context.WithTimeout(ctx, installationCheck)
		err := i.check(limited)
		cancel()
		i.mu.Lock()
		if first || !postgres.Unavailable(err) { // an answer that does not come leaves the last one in force
			i.err = err
		}
		i.mu.Unlock()
		if first {
			close(i.checked)
		}
		select {
		case <-ctx.Done():
		case <-time.After(installationCheck):
		}
	}
}

// Check returns ErrTakenOver if the database served the Platform of another installation when it last answered, or the error
// of the first check if it never has. A database that serves none yet is no error. It waits for the first check.
func (i *Installation) Check(ctx context.Context) error {
	select {
	case <-i.checked:
	case <-ctx.Done():
		return fmt.Errorf("check which Platform the database serves: %w", ctx.Err())
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.err
}

func (i *Installation) check(ctx context.Context) error {
	if i.namespaceUID == "" { // it never changes: a pod ends with its namespace
		var namespace corev1.Namespace
		if err := i.client.client.Get(ctx, client.ObjectKey{Name: i.client.Namespace}, &namespace); err != nil {
			return apiError("read the namespace "+i.client.Namespace, err)
		}
		i.namespaceUID = string(namespace.UID)
	}
	served, err := i.registry.Installation(ctx)
	switch {
	case errors.Is(err, tenancy.ErrNotFound), postgres.Code(err) == postgres.CodeUndefinedTable:
		return nil
	case err != nil:
		return err
	case served.NamespaceUID != i.namespaceUID:
		return ErrTakenOver
	}
	return nil
}
