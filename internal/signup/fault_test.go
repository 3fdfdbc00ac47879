package signup_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/signup"
)

// faulty returns a replica whose calls to the database and the API server fail as f says.
func (e *env) faulty(f *fault) *signup.Service {
	return e.service(func(o *signup.Options) { o.DB, o.Tenants = faultyDB{e.pool, f}, e.cluster.client(f) })
}

// settle has new replicas advance a registration, while the operator does its work, until there is nothing left to do.
func (e *env) settle(name string) outcome {
	e.t.Helper()
	for range 5 {
		e.clock.add(leaseTime)
		if e.cluster.registrationOf(name) != "" {
			e.cluster.set(name, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded)
		}
		e.cluster.finishDeletions()
		id := e.registration(name)
		if id == "" {
			break
		}
		if _, err := e.service().Advance(e.t.Context(), id); err != nil {
			e.t.Errorf("%s: %v", name, err)
		}
	}
	return e.outcome(name)
}

// If a replica crashes before any of its calls, or loses the response of one, other replicas complete the registration or
// roll it back: there is an account with its blog, or neither. A sign-up that returned an error leaves nothing behind.
func TestStartFails(t *testing.T) {
	t.Parallel()
	for _, crash := range []bool{true, false} {
		t.Run(fmt.Sprintf("crash=%t", crash), func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			failed, lived := 0, 0
			for at := 1; ; at++ {
				name := fmt.Sprintf("user-%d", at)
				r := request(name)
				r.Address = name
				f := &fault{at: at, crash: crash}
				_, _, err := e.faulty(f).Start(t.Context(), r)
				if f.calls < at {
					break // there are no more calls
				}
				switch got := e.settle(name); {
				case got == outcome{State: signup.Live, User: "active", Tenant: true} && (err == nil || crash):
					lived++
				case got.User == "" && !got.Tenant && (got.State == signup.Failed || got.State == "") && err != nil:
					failed++
				default:
					t.Errorf("call %d: Start returned error %v, and there is %+v", at, err, got)
				}
			}
			if failed < 8 || lived < 1 {
				t.Errorf("%d sign-ups failed and %d did not", failed, lived)
			}
		})
	}
}

// Advance can be repeated after it crashed, or lost a response, at any of its calls.
func TestAdvanceFails(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for _, start := range []struct {
		name      string
		state     signup.State
		failure   signup.Failure
		confirmed bool
		situation string
		want      outcome
	}{
		{"create", signup.Confirming, "", true, "none", outcome{State: signup.Live, User: "active", Tenant: true}},
		{"activate", signup.Provisioning, "", false, "ready", outcome{State: signup.Live, User: "active", Tenant: true}},
		{"interrupt", signup.Provisioning, "", false, "none", outcome{State: signup.Failed, Failure: signup.Interrupted}},
		{"conflict", signup.Provisioning, "", false, "conflict", outcome{State: signup.Failed, Failure: signup.NameTaken}},
		{"foreign", signup.Provisioning, "", true, "foreign", outcome{State: signup.Failed, Failure: signup.NameTaken}},
		{"late", signup.Failed, signup.Unavailable, false, "not ready", outcome{State: signup.Failed, Failure: signup.Unavailable}},
		{"roll-back", signup.RollingBack, signup.Deleted, false, "none", outcome{State: signup.Failed, Failure: signup.Deleted}},
	} {
		for _, crash := range []bool{true, false} {
			for at := 1; ; at++ {
				name := fmt.Sprintf("%s-%t-%d", start.name, crash, at)
				id := e.insert(name, start.state, start.failure, start.confirmed)
				situations[start.situation](e.cluster, name, id)
				f := &fault{at: at, crash: crash}
				_, err := e.faulty(f).Advance(t.Context(), id)
				if f.calls < at {
					break
				}
				if got := e.settle(name); got != start.want {
					t.Errorf("%s: Advance returned error %v, and there is %+v, want %+v", name, err, got, start.want)
				}
			}
		}
	}
}

// Two replicas that watch the same Tenants, and sweep the same registrations, do everything once.
func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.cluster.ready = true
	limits := func(o *signup.Options) { o.PerHour, o.RefusedPerHour = 1000, 1000 }
	replicas := []*signup.Service{e.running(limits), e.running(limits)}
	const people = 20
	var running sync.WaitGroup
	for i := range people {
		running.Go(func() {
			r, _, err := replicas[i%2].Start(t.Context(), request(fmt.Sprintf("user-%d", i)))
			if err != nil || r.State != signup.Live {
				t.Errorf("Start returned %+v and error %v", r, err)
			}
		})
	}
	// Of two requests for one name, one is refused.
	var (
		mu   sync.Mutex
		errs int
	)
	for _, s := range replicas {
		running.Go(func() {
			if _, _, err := s.Start(t.Context(), request("twin")); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs++
			}
		})
	}
	running.Wait()
	if errs != 1 {
		t.Errorf("%d of two requests for one name were refused, want 1", errs)
	}
	if e.cluster.created != people+1 {
		t.Errorf("%d Tenants were created, want %d", e.cluster.created, people+1)
	}
	if n := e.count(`SELECT count(*) FROM public.registrations WHERE state = 'live'`); n != people+1 {
		t.Errorf("%d registrations are live, want %d", n, people+1)
	}
	if n := e.count(`SELECT count(DISTINCT user_id) FROM public.outbox`); n != people+1 || e.count(`SELECT count(*) FROM public.outbox`) != n {
		t.Errorf("%d users got an email, want %d, and each one", n, people+1)
	}
}

// The sweeper resumes abandoned registrations, and the watch finishes a rollback when the Tenant is gone.
func TestRunResumes(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	ids := map[string]string{
		"abandoned": e.insert("abandoned", signup.Provisioning, "", false),
		"completed": e.insert("completed", signup.Provisioning, "", false),
		"undone":    e.insert("undone", signup.RollingBack, signup.NameTaken, false),
		"late":      e.insert("late", signup.Failed, signup.Unavailable, false),
	}
	for name, situation := range map[string]string{"completed": "ready", "undone": "not ready", "late": "not ready"} {
		situations[situation](e.cluster, name, ids[name])
	}
	e.cluster.ready = true
	e.running()
	e.await("abandoned", outcome{State: signup.Failed, Failure: signup.Interrupted})
	e.await("completed", outcome{State: signup.Live, User: "active", Tenant: true})
	e.await("undone", outcome{State: signup.Failed, Failure: signup.NameTaken})
	e.await("late", outcome{State: signup.Failed, Failure: signup.Unavailable})
}

// await waits for an outcome.
func (e *env) await(name string, want outcome) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		got := e.outcome(name)
		if got == want {
			return
		}
		select {
		case <-ctx.Done():
			e.t.Fatalf("%s: got %+v, want %+v", name, got, want)
		case <-ticker.C:
		}
	}
}
