package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/signup"
	"github.com/echoblogs/echoblogs/internal/tenants"
)

// insert adds a registration with its user as a replica may have left it, and returns its ID.
func (e *env) insert(name string, state signup.State, failure signup.Failure, confirmed bool) (id string) {
	e.t.Helper()
	id = uuid.NewString()
	now := e.clock.Now()
	user := map[signup.State]string{signup.Live: "active", signup.Failed: ""}
	userState, known := user[state]
	if !known {
		userState = "registering"
	}
	if userState != "" {
		e.exec(`INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at, confirmed_at)
			VALUES ($1, $2, $2, '', 'author', $3, $4, CASE WHEN $5 THEN $4::timestamptz END)`, name, name+"@example.org", userState, now, confirmed)
	}
	e.exec(`INSERT INTO public.registrations (id, user_id, username, state, token_hash, failure, created_at, updated_at, leased_until)
		VALUES ($1, (SELECT id FROM public.users WHERE username = $2), $2, $3, $4, $5, $6, $6, $6)`,
		id, name, state, []byte(id), failure, now)
	return id
}

// situations are the possible states of the Tenant with a registration's name.
var situations = map[string]func(c *cluster, name, registrationID string){
	"none":      func(*cluster, string, string) {},
	"not ready": func(c *cluster, name, id string) { c.add(name, id, "", "", false) },
	"ready": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, false)
	},
	"conflict": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionStalled, v1alpha1.ReasonHostTaken, false)
	},
	"stalled": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionStalled, v1alpha1.ReasonRolesMissing, false)
	},
	"deleting": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, true)
	},
	"foreign": func(c *cluster, name, _ string) {
		c.add(name, "", v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, false)
	},
	"refused":     func(c *cluster, _, _ string) { c.refuse = true },
	"unavailable": func(c *cluster, _, _ string) { c.unavailable = true },
	"ready, unavailable": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, false)
		c.unavailable = true
	},
	"ready, stale": func(c *cluster, name, id string) {
		c.add(name, id, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, false)
		c.stale = true
	},
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	const (
		confirming   = signup.Confirming
		provisioning = signup.Provisioning
		rollingBack  = signup.RollingBack
		live         = signup.Live
		failed       = signup.Failed
	)
	// What is left of a registration that still has its user, or not, and its Tenant.
	waiting := func(state signup.State, tenant bool) outcome {
		return outcome{State: state, User: "registering", Tenant: tenant}
	}
	undone := func(failure signup.Failure) outcome { return outcome{State: failed, Failure: failure} }
	undoing := func(failure signup.Failure, tenant bool) outcome {
		return outcome{State: rollingBack, Failure: failure, User: "registering", Tenant: tenant}
	}
	done := outcome{State: live, User: "active", Tenant: true}
	for _, start := range []struct {
		name      string
		state     signup.State
		failure   signup.Failure
		confirmed bool
		age       time.Duration
		// want are the outcomes by situation; every situation that is missing has the outcome of "none".
		want map[string]outcome
		// fails are the situations in which Advance has to be called again.
		fails []string
	}{
		{
			name: "waits for confirmation", state: confirming,
			want: map[string]outcome{
				"none": waiting(confirming, false), "not ready": waiting(confirming, true), "ready": waiting(confirming, true),
				"conflict": waiting(confirming, true), "stalled": waiting(confirming, true), "deleting": waiting(confirming, true),
				"ready, unavailable": waiting(confirming, true), "ready, stale": waiting(confirming, true),
			},
		},
		{
			name: "confirmed", state: confirming, confirmed: true,
			want: map[string]outcome{
				"none": waiting(provisioning, true), "not ready": waiting(provisioning, true), "ready": done, "stalled": waiting(provisioning, true),
				"conflict": undoing(signup.NameTaken, true), "deleting": undoing(signup.Deleted, true), "foreign": undone(signup.NameTaken),
				"refused": undone(signup.Refused), "unavailable": waiting(provisioning, false), "ready, unavailable": done, "ready, stale": done,
			},
			fails: []string{"unavailable"},
		},
		{
			name: "not confirmed in time", state: confirming, age: signup.UnconfirmedLife,
			want: map[string]outcome{
				"none": undone(signup.Unconfirmed), "not ready": undoing(signup.Unconfirmed, true), "ready": undoing(signup.Unconfirmed, true),
				"stalled": undoing(signup.Unconfirmed, true), "conflict": undoing(signup.Unconfirmed, true), "deleting": undoing(signup.Unconfirmed, true),
				"unavailable": undoing(signup.Unconfirmed, false), "ready, unavailable": undoing(signup.Unconfirmed, true),
				"ready, stale": undoing(signup.Unconfirmed, true),
			},
			fails: []string{"unavailable", "ready, unavailable"},
		},
		{
			name: "interrupted while provisioning", state: provisioning,
			want: map[string]outcome{
				"none": undone(signup.Interrupted), "not ready": waiting(provisioning, true), "ready": done, "stalled": waiting(provisioning, true),
				"conflict": undoing(signup.NameTaken, true), "deleting": undoing(signup.Deleted, true), "foreign": undone(signup.NameTaken),
				"unavailable": waiting(provisioning, false), "ready, unavailable": done, "ready, stale": done,
			},
			fails: []string{"unavailable"},
		},
		{
			name: "interrupted while provisioning after confirmation", state: provisioning, confirmed: true,
			want: map[string]outcome{
				"none": waiting(provisioning, true), "not ready": waiting(provisioning, true), "ready": done, "stalled": waiting(provisioning, true),
				"conflict": undoing(signup.NameTaken, true), "deleting": undoing(signup.Deleted, true), "foreign": undone(signup.NameTaken),
				"refused": undone(signup.Refused), "unavailable": waiting(provisioning, false), "ready, unavailable": done, "ready, stale": done,
			},
			fails: []string{"unavailable"},
		},
		{
			name: "interrupted while rolling back", state: rollingBack, failure: signup.NameTaken,
			want: map[string]outcome{
				"none": undone(signup.NameTaken), "not ready": undoing(signup.NameTaken, true), "ready": undoing(signup.NameTaken, true),
				"stalled": undoing(signup.NameTaken, true), "conflict": undoing(signup.NameTaken, true), "deleting": undoing(signup.NameTaken, true),
				"unavailable": undoing(signup.NameTaken, false), "ready, unavailable": undoing(signup.NameTaken, true),
				"ready, stale": undoing(signup.NameTaken, true),
			},
			fails: []string{"unavailable", "ready, unavailable"},
		},
		{
			name: "failed", state: failed, failure: signup.Unavailable,
			want: map[string]outcome{
				"none":      undone(signup.Unavailable),
				"not ready": {rollingBack, signup.Unavailable, "", true}, "ready": {rollingBack, signup.Unavailable, "", true},
				"stalled": {rollingBack, signup.Unavailable, "", true}, "conflict": {rollingBack, signup.Unavailable, "", true},
				"deleting":           {failed, signup.Unavailable, "", true}, // by someone else
				"ready, unavailable": {rollingBack, signup.Unavailable, "", true},
				"ready, stale":       {failed, signup.Unavailable, "", true},
			},
			fails: []string{"ready, unavailable"},
		},
		{
			name: "live", state: live,
			want: map[string]outcome{
				"none": {State: live, User: "active"}, "not ready": done, "ready": done, "stalled": done, "conflict": done, "deleting": done,
				"ready, unavailable": done, "ready, stale": done,
			},
		},
	} {
		t.Run(start.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			for situation, arrange := range situations {
				e := *e
				e.cluster = newCluster()
				name := fmt.Sprintf("user-%s", uuid.NewString()[:8])
				id := e.insert(name, start.state, start.failure, start.confirmed)
				e.exec(`UPDATE public.registrations SET created_at = created_at - make_interval(secs => $2) WHERE id = $1`, id, start.age.Seconds())
				arrange(e.cluster, name, id)
				want, listed := start.want[situation]
				if !listed {
					want = start.want["none"]
				}
				r, err := e.service().Advance(t.Context(), id)
				if fails := slices.Contains(start.fails, situation); fails != errors.Is(err, tenants.ErrUnavailable) || !fails && err != nil {
					t.Errorf("%s: got error %v, want one: %t", situation, err, fails)
				}
				if got := e.outcome(name); got != want {
					t.Errorf("%s: got %+v, want %+v", situation, got, want)
				}
				if r.ID != id || r.State != want.State || r.Failure != want.Failure {
					t.Errorf("%s: Advance returned %+v", situation, r)
				}
				// Another call, by another replica, changes nothing more unless the operator has finished a deletion.
				e.cluster.unavailable, e.cluster.refuse = false, false
				e.cluster.finishDeletions()
				if _, err := e.service().Advance(t.Context(), id); err != nil {
					t.Errorf("%s: the second call: %v", situation, err)
				}
				if want.State == rollingBack {
					e.cluster.finishDeletions()
					if _, err := e.service().Advance(t.Context(), id); err != nil {
						t.Errorf("%s: the third call: %v", situation, err)
					}
					if got := e.outcome(name); got != undone(want.Failure) {
						t.Errorf("%s: got %+v after the rollback", situation, got)
					}
				}
			}
		})
	}
}

func TestAdvanceLeavesALeasedRegistrationAlone(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	id := e.insert("alice", signup.Provisioning, "", false)
	e.cluster.add("alice", id, v1alpha1.ConditionReady, v1alpha1.ReasonSucceeded, false)
	e.exec(`UPDATE public.registrations SET leased_until = $2 WHERE id = $1`, id, e.clock.Now().Add(leaseTime))
	s := e.service()
	if r, err := s.Advance(t.Context(), id); err == nil || r.State != signup.Provisioning {
		t.Errorf("Advance returned %+v and error %v", r, err)
	}
	e.want("alice", outcome{State: signup.Provisioning, User: "registering", Tenant: true})
	e.clock.add(leaseTime)
	if r, err := s.Advance(t.Context(), id); err != nil || r.State != signup.Live {
		t.Errorf("Advance returned %+v and error %v after the lease has expired", r, err)
	}
}

func TestAdvanceOfAnUnknownRegistration(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	if _, err := e.service().Advance(t.Context(), uuid.NewString()); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("got error %v, want ErrNotFound", err)
	}
}

// A registration that failed refunds the code that it used.
func TestRollbackRefundsTheCode(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	id := e.insert("alice", signup.RollingBack, signup.Refused, false)
	e.exec(`WITH code AS (INSERT INTO public.registration_codes (code_hash, note, uses_left, created_by, created_at, expires_at)
			VALUES ('\x00', 'friends', 0, 'staff', $2, $2) RETURNING id)
		UPDATE public.registrations SET code_id = (SELECT id FROM code) WHERE id = $1`, id, e.clock.Now())
	s := e.service()
	for range 2 {
		if _, err := s.Advance(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if uses := e.count(`SELECT uses_left FROM public.registration_codes`); uses != 1 {
		t.Errorf("the code has %d uses left, want 1", uses)
	}
}
