package account

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenancy/domainproof"
)

const (
	// proofLife is how long a record counts as present after a lookup.
	proofLife = time.Minute
	// maxProofs bounds the records that are remembered or being looked up.
	maxProofs = 1000
)

// UnprovenHostError is returned when a user logs in to their blog at a custom domain that is not known to be theirs now.
type UnprovenHostError struct {
	Blog Blog
	// PrimaryHost is the host at which the user can log in.
	PrimaryHost string
	// Answer says what DNS says about the record that proves the domain.
	Answer domainproof.Answer
}

func (e *UnprovenHostError) Error() string {
	return fmt.Sprintf("the custom domain %s is not proven: its record is %s", e.Blog.Host, e.Answer)
}

// checkHost returns an *UnprovenHostError unless a host of a tenant is known to be its owner's: it is the primary one, the
// Platform lists it, or the registry has a proof and DNS still has the record.
func (s *Service) checkHost(ctx context.Context, tenant tenancy.Tenant, b Blog) error {
	if b.Host == tenant.PrimaryHost || tenant.Proofs[b.Host] == tenancy.ProofListed {
		return nil
	}
	refused := &UnprovenHostError{Blog: b, PrimaryHost: tenant.PrimaryHost, Answer: domainproof.Missing}
	if !tenant.Proven(b.Host) {
		return refused
	}
	if refused.Answer = s.proofs.lookUp(ctx, tenant.Record(b.Host)); refused.Answer != domainproof.Present {
		return refused
	}
	return nil
}

// proofs looks up records and remembers for a short time which are present. Concurrent requests for one record share a
// lookup.
type proofs struct {
	resolver domainproof.Resolver
	now      func() time.Time

	mu    sync.Mutex
	known map[domainproof.Record]*knownProof
}

// knownProof is a lookup that is in progress, or has found its record.
type knownProof struct {
	done   chan struct{}
	answer domainproof.Answer
	// until is when a present record is looked up again.
	until time.Time
}

func newProofs(resolver domainproof.Resolver, now func() time.Time) *proofs {
	return &proofs{resolver: resolver, now: now, known: make(map[domainproof.Record]*knownProof)}
}

func (p *proofs) lookUp(ctx context.Context, record domainproof.Record) domainproof.Answer {
	known, first := p.join(record)
	if known == nil {
		return domainproof.Silent // too many lookups are in progress
	}
	if first {
		p.run(ctx, record, known)
	}
	select {
	case <-known.done:
		return known.answer
	case <-ctx.Done():
		return domainproof.Silent
	}
}

// join returns the lookup of a record, and whether the caller has to run it. It returns nil if there are too many.
func (p *proofs) join(record domainproof.Record) (known *knownProof, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if known := p.known[record]; known != nil && !known.expired(now) {
		return known, false
	}
	if len(p.known) >= maxProofs {
		for other, k := range p.known {
			if k.expired(now) {
				delete(p.known, other)
			}
		}
	}
	if len(p.known) >= maxProofs {
		return nil, false
	}
	known = &knownProof{done: make(chan struct{})}
	p.known[record] = known
	return known, true
}

// run runs a lookup. The request that started it may end earlier: others may wait for it.
func (p *proofs) run(ctx context.Context, record domainproof.Record, known *knownProof) {
	go func() {
		answer := record.LookUp(context.WithoutCancel(ctx), p.resolver)
		p.mu.Lock()
		defer p.mu.Unlock()
		known.answer, known.until = answer, p.now().Add(proofLife)
		if answer != domainproof.Present {
			delete(p.known, record)
		}
		close(known.done)
	}()
}

// expired reports whether a lookup has ended and its answer no longer counts.
func (k *knownProof) expired(now time.Time) bool { return !k.until.IsZero() && !now.Before(k.until) }
