package step_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/controllers/internal/step"
)

var errRefused = errors.New("connection refused")

func TestRunStopsAtTheFirstError(t *testing.T) {
	t.Parallel()
	stalled := step.Stalled(v1alpha1.ConditionDatabaseReady, v1alpha1.ReasonSchemaNewer, "The schema is newer.")
	tests := map[string]struct {
		err     error
		stopped *step.Error
		failed  error
		ran     int
	}{
		"no error":            {nil, nil, nil, 3},
		"the error of a step": {stalled, stalled, nil, 2},
		"another error":       {errRefused, nil, errRefused, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ran := 0
			count := func(context.Context, *int) error { ran++; return nil }
			fail := func(context.Context, *int) error { ran++; return test.err }
			stopped, err := step.Run(t.Context(), &ran, count, fail, count)
			if stopped != test.stopped || !errors.Is(err, test.failed) || ran != test.ran {
				t.Errorf("Run returned %v, %v after %d steps", stopped, err, ran)
			}
		})
	}
}

func TestResultSaysWhenToReconcileAgain(t *testing.T) {
	t.Parallel()
	const condition, reason = v1alpha1.ConditionServing, v1alpha1.ReasonProbeFailed
	tests := map[string]struct {
		stopped *step.Error
		wait    time.Duration
		want    time.Duration
		err     error
	}{
		"success":                      {nil, 0, 0, nil},
		"success before a date":        {nil, time.Hour, time.Hour, nil},
		"stalled":                      {step.Stalled(condition, reason, ""), 0, 0, nil},
		"stalled with a poll":          {step.Stalled(condition, reason, "").WithRetryAfter(time.Second), time.Hour, time.Second, nil},
		"waiting":                      {step.Waiting(condition, reason, "", time.Minute), 0, time.Minute, nil},
		"waiting longer than the date": {step.Waiting(condition, reason, "", time.Hour), time.Minute, time.Minute, nil},
		"waiting for a change":         {step.Waiting(condition, reason, "", 0), 0, 0, nil},
		"transient":                    {step.Transient(condition, reason, "", errRefused), time.Minute, 0, errRefused},
		"unknown state":                {step.SkipStatus(time.Second), 0, time.Second, nil},
		"unknown state by a failure":   {step.SkipStatusOn(errRefused), 0, 0, errRefused},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, err := step.Result(t.Context(), test.stopped, test.wait)
			if want := (reconcile.Result{RequeueAfter: test.want}); result != want || !errors.Is(err, test.err) {
				t.Errorf("Result returned %v, %v, want %v, %v", result, err, want, test.err)
			}
		})
	}
}
