package platform

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	logf "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/probe"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
	"github.com/echoblogs/echoblogs/internal/desired"
)

const (
	// probeInterval is how often the backend of a Platform is asked for one of its Tenants, while it answers, and
	// failedProbeInterval while it does not.
	probeInterval, failedProbeInterval = 12 * time.Second, 2 * time.Second
	// others is how many other Tenants are asked for after the backend has not answered for one.
	others = 3
	// followersPerSecond is how many Tenants are reconciled each second after the backend has failed, or answers again.
	followersPerSecond = 20
	// maxSkipped bounds the Tenants that are read to find one to ask for.
	maxSkipped = 100
)

// backendChecks check again what the controller of Tenants has found once: that the backend serves them. One Tenant that is
// not served is reconciled; if the backend answers for none of those asked, BackendReady of the Platform is False, and all of
// its Tenants follow.
type backendChecks struct {
	*Reconciler
	// changed requests reconciles of Platforms.
	changed chan event.GenericEvent

	mu    sync.Mutex
	seen  map[types.NamespacedName]backendState
	tours map[types.NamespacedName]*tour
}

// backendState is what the last check of a backend has found.
type backendState int

const (
	backendUnchecked backendState = iota
	backendIdle                   // there is no Tenant to ask for
	backendAnswers
	backendFails
)

// tour is what a Platform's checks go through. Only the goroutine of Start uses it.
type tour struct {
	lastCheck time.Time
	tenants   []types.NamespacedName // of the Platform when the last round began
	next      int                    // the first that was not asked for in this round
	ready     metav1.ConditionStatus // of BackendReady, when followers were last listed
	followers []types.NamespacedName // which are still to be reconciled
}

func newBackendChecks(r *Reconciler) *backendChecks {
	return &backendChecks{
		Reconciler: r, changed: make(chan event.GenericEvent, 16),
		seen: map[types.NamespacedName]backendState{}, tours: map[types.NamespacedName]*tour{},
	}
}

// Start implements manager.Runnable. It runs while the operator leads.
func (b *backendChecks) Start(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := b.checkAll(ctx); err != nil && ctx.Err() == nil {
				logf.FromContext(ctx).Error(err, "Cannot check the backends")
			}
		}
	}
}

func (b *backendChecks) checkAll(ctx context.Context) error {
	var platforms v1alpha1.PlatformList
	if err := b.Client.List(ctx, &platforms); err != nil {
		return fmt.Errorf("list the Platforms: %w", err)
	}
	for i := range platforms.Items {
		p := &platforms.Items[i]
		key := client.ObjectKeyFromObject(p)
		t := b.tours[key]
		if t == nil {
			t = &tour{}
			b.tours[key] = t
		}
		if err := b.check(ctx, p, t); err != nil {
			return err
		}
		if err := b.follow(ctx, p, t); err != nil {
			return err
		}
	}
	return nil
}

// check asks the backend of a Platform for one Tenant, if that is due, and for others if it does not answer.
func (b *backendChecks) check(ctx context.Context, p *v1alpha1.Platform, t *tour) error {
	interval := b.BackendInterval
	if b.state(client.ObjectKeyFromObject(p)) == backendFails {
		interval = min(interval, failedProbeInterval)
	}
	if time.Since(t.lastCheck) < interval {
		return nil
	}
	t.lastCheck = time.Now()
	asked, err := b.pick(ctx, p, t, 1, "")
	if err != nil {
		return err
	}
	if len(asked) == 0 {
		b.report(p, backendIdle)
		return nil
	}
	served, works := b.ask(ctx, p, asked)
	if served {
		b.report(p, backendAnswers)
		return nil
	}
	more, err := b.pick(ctx, p, t, others, asked[0].Name)
	if err != nil {
		return err
	}
	if len(more) > 0 { // an answer that is not for a Tenant, such as 503, says nothing then
		works, _ = b.ask(ctx, p, more)
	}
	if !works {
		b.report(p, backendFails)
		return nil
	}
	b.report(p, backendAnswers)
	b.Requeuer.RequeueForProbe(ctx, client.ObjectKeyFromObject(asked[0]))
	return nil
}

// pick returns the next Tenants, at most n, for which the backend should answer, without the one called except.
func (b *backendChecks) pick(ctx context.Context, p *v1alpha1.Platform, t *tour, n int, except string) ([]*v1alpha1.Tenant, error) {
	var picked []*v1alpha1.Tenant
	for skipped := 0; len(picked) < n && skipped < maxSkipped; skipped++ {
		if t.next >= len(t.tenants) {
			if skipped > 0 && len(t.tenants) <= skipped { // once around
				return picked, nil
			}
			tenants, err := b.listTenants(ctx, p)
			if err != nil || len(tenants) == 0 {
				return picked, err
			}
			t.tenants, t.next = keysOf(tenants, func(*v1alpha1.Tenant) bool { return true }), 0
		}
		var tenant v1alpha1.Tenant
		err := b.Client.Get(ctx, t.tenants[t.next], &tenant)
		t.next++
		if client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("read a Tenant of Platform %s: %w", p.Name, err)
		}
		if err == nil && isServed(&tenant) && tenant.Name != except && !contains(picked, tenant.Name) {
			picked = append(picked, &tenant)
		}
	}
	return picked, nil
}

// isServed reports whether a backend that works answers for a Tenant.
func isServed(t *v1alpha1.Tenant) bool {
	return t.DeletionTimestamp.IsZero() && len(t.Status.Hosts) > 0 && meta.IsStatusConditionTrue(t.Status.Conditions, v1alpha1.ConditionDatabaseReady)
}

func contains(tenants []*v1alpha1.Tenant, name string) bool {
	return slices.ContainsFunc(tenants, func(t *v1alpha1.Tenant) bool { return t.Name == name })
}

// ask asks the backend for some Tenants at once. It reports whether it answers for one of them, and whether it answers at all.
func (b *backendChecks) ask(ctx context.Context, p *v1alpha1.Platform, tenants []*v1alpha1.Tenant) (forOne, atAll bool) {
	app := desired.Application(b.Stores.Application, p)
	var (
		asking        sync.WaitGroup
		answers, some atomic.Bool
	)
	for _, t := range tenants {
		asking.Go(func() {
			forTenant, reached := b.Prober.Answers(ctx, probe.Target{App: app, Namespace: p.Namespace, Host: t.Status.Hosts[0], Tenant: t.Name})
			if forTenant {
				answers.Store(true)
			}
			if reached {
				some.Store(true)
			}
		})
	}
	asking.Wait()
	return answers.Load(), some.Load()
}

// report notes the state of a Platform's backend, and reconciles the Platform if it is new.
func (b *backendChecks) report(p *v1alpha1.Platform, state backendState) {
	key := client.ObjectKeyFromObject(p)
	b.mu.Lock()
	before := b.seen[key]
	b.seen[key] = state
	b.mu.Unlock()
	if before == state {
		return
	}
	select {
	case b.changed <- event.GenericEvent{Object: p}:
	default: // the reconcile of every minute finds it
	}
}

func (b *backendChecks) state(platform types.NamespacedName) backendState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen[platform]
}

// follow requeues the Tenants of a Platform whose condition BackendReady has changed, some each second.
func (b *backendChecks) follow(ctx context.Context, p *v1alpha1.Platform, t *tour) error {
	ready := meta.FindStatusCondition(p.Status.Conditions, v1alpha1.ConditionBackendReady)
	if ready == nil || ready.Status == metav1.ConditionUnknown {
		return nil
	}
	if t.ready != ready.Status {
		tenants, err := b.listTenants(ctx, p)
		if err != nil {
			return err
		}
		t.ready = ready.Status
		t.followers = keysOf(tenants, func(tenant *v1alpha1.Tenant) bool {
			return isServed(tenant) && meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionServing) != (ready.Status == metav1.ConditionTrue)
		})
	}
	n := min(followersPerSecond, len(t.followers))
	for _, tenant := range t.followers[:n] {
		b.Requeuer.RequeueForProbe(ctx, tenant)
	}
	t.followers = t.followers[n:]
	return nil
}

func keysOf(tenants []v1alpha1.Tenant, wanted func(*v1alpha1.Tenant) bool) []types.NamespacedName {
	var keys []types.NamespacedName
	for i := range tenants {
		if wanted(&tenants[i]) {
			keys = append(keys, client.ObjectKeyFromObject(&tenants[i]))
		}
	}
	return keys
}

// reportBackend sets BackendReady; False with BackendUnavailable, and Unknown while there is no Tenant to ask for.
func (r *Reconciler) reportBackend(_ context.Context, s *scope) error {
	state := r.backends.state(client.ObjectKeyFromObject(s.platform))
	if state == backendUnchecked && meta.IsStatusConditionFalse(s.platform.Status.Conditions, v1alpha1.ConditionBackendReady) {
		state = backendFails // so it was before the operator started
	}
	switch state {
	case backendAnswers:
		s.Set(v1alpha1.ConditionBackendReady, metav1.ConditionTrue, v1alpha1.ReasonBackendReady, "The backend answers for the Tenants that were asked for.")
	case backendFails:
		backend := desired.Application(r.Stores.Application, s.platform).Backend
		s.Degrade(step.Waiting(v1alpha1.ConditionBackendReady, v1alpha1.ReasonBackendUnavailable, probe.NoAnswer(backend), checkInterval))
	case backendIdle:
		s.Set(v1alpha1.ConditionBackendReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, "There is no Tenant to ask the backend for.")
	case backendUnchecked: // it stays as it was
	}
	return nil
}
