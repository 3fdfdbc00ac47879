// Package step defines the error with which a step stops a reconcile, and its effects: which condition is set, and when
// the object is reconciled again.
package step

import (
	"context"
	"errors"
	"time"

	logf "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/remediation"
)

// Error stops a reconcile before its remaining steps. Stalled, Waiting, Transient and SkipStatus are its kinds. Its message
// is a problem, followed by the remedy of its reason.
type Error struct {
	condition, reason, message string
	stalled                    bool
	skipStatus                 bool
	retryAfter                 time.Duration
	cause                      error
}

// Stalled returns the error of a step that cannot succeed until the user changes something. The object is reconciled
// again when something that its controller watches changes.
func Stalled(condition, reason, problem string) *Error {
	return &Error{condition: condition, reason: reason, message: remediation.Append(reason, problem), stalled: true}
}

// Waiting returns the error of a step that waits for something that needs no action. The object is reconciled again after
// retryAfter or, if that is zero, when something that its controller watches changes.
func Waiting(condition, reason, problem string, retryAfter time.Duration) *Error {
	return &Error{condition: condition, reason: reason, message: remediation.Append(reason, problem), retryAfter: retryAfter}
}

// Transient returns the error of a step that failed for a transient cause, which is logged. The object is reconciled
// again with the queue's exponential backoff.
func Transient(condition, reason, problem string, cause error) *Error {
	return &Error{condition: condition, reason: reason, message: remediation.Append(reason, problem), cause: cause}
}

// SkipStatus returns the error of a step that could not determine the state of the object, so that its status is left as
// it is. The object is reconciled again after retryAfter.
func SkipStatus(retryAfter time.Duration) *Error {
	return &Error{skipStatus: true, retryAfter: retryAfter}
}

// SkipStatusOn is SkipStatus for a failure, which is logged and retried with the queue's exponential backoff.
func SkipStatusOn(cause error) *Error {
	return &Error{skipStatus: true, cause: cause}
}

// WithRetryAfter makes a stalled object be reconciled again after d, for causes that its controller does not watch.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	e.retryAfter = d
	return e
}

// Condition returns the type of the condition that the error makes False, besides Ready, or "" if there is none.
func (e *Error) Condition() string { return e.condition }

// Reason returns the reason of the condition and of the event.
func (e *Error) Reason() string { return e.reason }

// Message returns the message of the condition and of the event.
func (e *Error) Message() string { return e.message }

// IsStalled reports whether the user has to change something.
func (e *Error) IsStalled() bool { return e.stalled }

// SkipsStatus reports whether the status must be left as it is.
func (e *Error) SkipsStatus() bool { return e.skipStatus }

// Error returns the text for the log: the condition, and what the database answered.
func (e *Error) Error() string {
	switch {
	case !e.skipStatus && postgres.Code(e.cause) != "":
		return e.reason + ": " + e.message + " " + postgres.LogText(e.cause)
	case !e.skipStatus:
		return e.reason + ": " + e.message
	case e.cause != nil:
		return e.cause.Error()
	}
	return "object changed during the reconcile"
}

// Unwrap returns the cause of a transient error.
func (e *Error) Unwrap() error { return e.cause }

// Run runs steps up to the first that fails. It returns that step's *Error, or an error that belongs in no condition,
// such as a failed request to the API server.
func Run[S any](ctx context.Context, scope S, steps ...func(context.Context, S) error) (*Error, error) {
	for _, run := range steps {
		if err := run(ctx, scope); err != nil {
			var stopped *Error
			if errors.As(err, &stopped) {
				return stopped, nil
			}
			return nil, err
		}
	}
	return nil, nil
}

// Result returns when to reconcile again: after wait, where zero means never, or sooner if stopped asks for it. A transient
// error is returned as an error, which the queue retries with backoff.
func Result(ctx context.Context, stopped *Error, wait time.Duration) (reconcile.Result, error) {
	if stopped == nil {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	if stopped.cause != nil {
		logf.FromContext(ctx).V(1).Info("Retrying with backoff", "reason", stopped.reason)
		return reconcile.Result{}, stopped
	}
	if stopped.retryAfter > 0 && (wait == 0 || stopped.retryAfter < wait) {
		wait = stopped.retryAfter
	}
	return reconcile.Result{RequeueAfter: wait}, nil
}
