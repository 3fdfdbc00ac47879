package tenancy

import (
	"context"
	"sync"
	"time"
)

const (
	// prefetchLife is how long prefetched rows are kept: the first reconciles after a start are done by then.
	prefetchLife = 30 * time.Second
	// prefetchPage is how many rows are read at a time.
	prefetchPage = 1000
)

// prefetch holds rows that were read in advance. It is safe for concurrent use.
type prefetch struct {
	mu   sync.Mutex
	rows map[string]Tenant // by name
}

// Prefetch reads all live rows for FindPrefetched. An operator that starts reconciles every tenant at once, and one query
// for each takes ten times as long.
func (s *Store) Prefetch(ctx context.Context) error {
	rows := map[string]Tenant{}
	for after := ""; ; {
		page, err := s.List(ctx, after, prefetchPage)
		if err != nil {
			return err
		}
		for _, row := range page {
			rows[row.Name], after = row, row.Name
		}
		if len(page) < prefetchPage {
			break
		}
	}
	s.prefetched.set(rows)
	time.AfterFunc(prefetchLife, s.prefetched.clear)
	return nil
}

// FindPrefetched is Find for a reconcile that can begin with a row that is some seconds old: changes of it are refused by
// Update, and the check of every minute finds the rest. It returns each row that Prefetch has read once, and none after
// Inspect or the end of the tenant.
func (s *Store) FindPrefetched(ctx context.Context, name string) (Tenant, error) {
	if row, ok := s.prefetched.take(name); ok {
		return row, nil
	}
	return s.Find(ctx, name)
}

// Inspect is Inspector.Find for a reconcile.
func (s *Store) Inspect(ctx context.Context, name string) (Tenant, error) {
	s.prefetched.take(name) // a later reconcile must not begin with what this one may change
	return s.Inspector().Find(ctx, name)
}

func (p *prefetch) set(rows map[string]Tenant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = rows
}

func (p *prefetch) clear() { p.set(nil) }

// forgetFormerOwners forgets the rows of tenants from which another one takes proven hosts over.
func (p *prefetch) forgetFormerOwners(spec Spec) {
	if len(spec.provenHosts()) > 0 {
		p.clear() // it is not known yet whose rows those are
	}
}

func (p *prefetch) take(name string) (Tenant, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	row, ok := p.rows[name]
	delete(p.rows, name)
	return row, ok
}
