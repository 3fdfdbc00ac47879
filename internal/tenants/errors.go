package tenants

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Kinds of APIError, for errors.Is.
var (
	// ErrNotFound is returned when no Tenant has the name.
	ErrNotFound = errors.New("the Tenant does not exist")
	// ErrExists is returned when a Tenant that is to be created already exists.
	ErrExists = errors.New("a Tenant with this name already exists")
	// ErrConflict is returned when a Tenant kept changing while it was being written.
	ErrConflict = errors.New("the Tenant keeps changing")
	// ErrUnavailable is returned when the API server cannot be reached or cannot serve the call. The call may succeed
	// later.
	ErrUnavailable = errors.New("the API server is unavailable")
)

// ErrNoPlatform is returned when the Platform does not exist or has not been read yet.
var ErrNoPlatform = errors.New("the Platform is not known yet")

// APIError is a failed call to the API server. errors.Is reports its kind: ErrNotFound, ErrExists, ErrConflict or
// ErrUnavailable. For an object that the API server refused, Err is an *InvalidError. Errors of other kinds are bugs.
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

func notFound(name string) error {
	return &APIError{Call: "read Tenant " + name, Err: ErrNotFound, kind: ErrNotFound}
}

// apiError wraps an error of the client. It returns nil if err is nil.
func apiError(call string, err error) error {
	var status apierrors.APIStatus
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &status): // the connection failed
		return &APIError{Call: call, Err: err, kind: ErrUnavailable}
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err): // admission policies use both
		return &APIError{Call: call, Err: invalidError(status.Status(), err)}
	}
	return &APIError{Call: call, Err: err, kind: kindOf(err)}
}

func kindOf(err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return ErrNotFound
	case apierrors.IsAlreadyExists(err):
		return ErrExists
	case apierrors.IsConflict(err):
		return ErrConflict
	case apierrors.IsServerTimeout(err), apierrors.IsTimeout(err), apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err),
		apierrors.IsInternalError(err), apierrors.IsUnexpectedServerError(err):
		return ErrUnavailable
	}
	return nil
}

// InvalidError is returned when a value breaks a rule: one of this package, of the Tenant's schema, or of an admission
// policy.
type InvalidError struct {
	// Fields are the fields with invalid values. At least one.
	Fields []InvalidField
	// Err is the API server's error, or nil.
	Err error
}

// InvalidField is a field with an invalid value.
type InvalidField struct {
	// Path is a path below spec, such as "limits.posts". Empty: the object as a whole.
	Path string
	// Message is a sentence for the user.
	Message string
}

func (e *InvalidError) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	messages := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		messages[i] = f.Path + ": " + f.Message
	}
	return strings.Join(messages, " ")
}

// Unwrap returns the API server's error, or nil.
func (e *InvalidError) Unwrap() error { return e.Err }

// invalid returns an InvalidError for one field.
func invalid(path, format string, args ...any) *InvalidError {
	return &InvalidError{Fields: []InvalidField{{Path: path, Message: fmt.Sprintf(format, args...)}}}
}

func invalidError(status metav1.Status, err error) *InvalidError {
	e := &InvalidError{Err: err}
	if status.Details != nil {
		for _, cause := range status.Details.Causes {
			e.Fields = append(e.Fields, InvalidField{Path: specPath(cause.Field), Message: cause.Message})
		}
	}
	if len(e.Fields) == 0 {
		e.Fields = []InvalidField{{Message: status.Message}}
	}
	return e
}

// specPath converts a path of the API server, such as "spec.customDomains[1]", to one below spec, without indexes: they
// refer to the merged list, which the user has not seen. It returns "" for a path that is not below spec.
func specPath(field string) string {
	path, below := strings.CutPrefix(strings.TrimPrefix(field, "."), "spec.")
	if !below {
		return ""
	}
	path, _, _ = strings.Cut(path, "[")
	return path
}

// FieldOwnedError is returned when a change concerns fields that other field managers own. Nothing was changed.
type FieldOwnedError struct {
	// Fields are the fields concerned. At least one.
	Fields []OwnedField
}

// OwnedField is a field that another field manager owns.
type OwnedField struct {
	// Path is a path below spec, such as "displayName".
	Path string
	// Item is the item of a list that is owned, such as a domain. Empty: the whole field.
	Item string
	// Manager is the name of the field manager.
	Manager string
}

func (e *FieldOwnedError) Error() string {
	owned := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		owned[i] = strings.TrimSpace(f.Path+" "+f.Item) + " is owned by " + f.Manager
	}
	return strings.Join(owned, ", ")
}

// ChangedError is returned when the spec of a Tenant has changed since the caller saw it. Nothing was changed.
type ChangedError struct {
	// Tenant is the Tenant as it is now.
	Tenant *v1alpha1.Tenant
	// Fields are the fields that the two changes concern.
	Fields []ChangedField
}

// ChangedField is a field that has been changed, by another user, by the caller or by both.
type ChangedField struct {
	// Path is a path below spec, such as "displayName".
	Path string
	// Base is the value that the caller saw, Theirs the current value and Ours the value that the caller wanted.
	Base, Theirs, Ours string
}

// Both reports whether the field was changed to different values.
func (f ChangedField) Both() bool {
	return f.Base != f.Theirs && f.Base != f.Ours && f.Theirs != f.Ours
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("Tenant %s has changed: its generation is %d now", e.Tenant.Name, e.Tenant.Generation)
}
