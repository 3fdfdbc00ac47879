package tenants

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Kinds of APIError, for errors.Is.
var (
	// ErrNotFound is returned when no Tenant has the name.
	ErrNotFound = errors.New("the Tenant does not exist")
	// ErrExists is returned when a Tenant that is to be created exists already.
	ErrExists = errors.New("a Tenant with this name exists already")
	// ErrUnavailable is returned when the API server cannot be reached or cannot serve the call. The same call may
	// succeed later.
	ErrUnavailable = errors.New("the API server is unavailable")
	// ErrRefused is returned when the API server, or an admission policy, does not accept an object.
	ErrRefused = errors.New("the API server refused the Tenant")
)

// ErrNoPlatform is returned when the Platform does not exist or has not been read yet.
var ErrNoPlatform = errors.New("the Platform is not known yet")

// APIError is a failed call to the API server. errors.Is reports its kind: ErrNotFound, ErrExists, ErrUnavailable or
// ErrRefused. Errors of other kinds are bugs or missing permissions.
type APIError struct {
	// Call is the call that failed, such as "read Tenant alice".
	Call string
	// Err is the error of the client.
	Err  error
	kind error
}

func (e *APIError) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap returns the error of the client.
func (e *APIError) Unwrap() error { return e.Err }

// Is reports whether target is the kind of the error.
func (e *APIError) Is(target error) bool { return e.kind != nil && e.kind == target }

// apiError wraps an error of the client. It returns nil if err is nil.
func apiError(call string, err error) error {
	if err == nil {
		return nil
	}
	return &APIError{Call: call, Err: err, kind: kindOf(err)}
}

func kindOf(err error) error {
	var status apierrors.APIStatus
	switch {
	case !errors.As(err, &status): // the connection failed
		return ErrUnavailable
	case apierrors.IsNotFound(err):
		return ErrNotFound
	case apierrors.IsAlreadyExists(err):
		return ErrExists
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err),
		apierrors.IsInternalError(err), apierrors.IsUnexpectedServerError(err):
		return ErrUnavailable
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err):
		return ErrRefused
	}
	return nil
}
