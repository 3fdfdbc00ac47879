package signup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// maxCode is the length, in bytes, above which a code is rejected without being looked up.
const maxCode = 100

// The fields of a Request, as forms and metrics name them.
const (
	FieldUsername         = string(account.FieldUsername)
	FieldEmail            = string(account.FieldEmail)
	FieldPassword         = string(account.FieldPassword)
	FieldRepeatedPassword = "confirm_password"
	FieldCode             = "code"
	// FieldForm stands for the request as a whole.
	FieldForm = "form"
)

// SentenceEmailTaken tells a person that another account has the address that they entered, wherever they enter one.
const SentenceEmailTaken = "An account with this email address already exists. Log in instead."

const (
	sentenceNameTaken   = "This name is taken. Choose another one."
	sentenceRollingBack = "A failed sign-up with this name or email address is still being rolled back. Try again in a minute."
	sentenceCodeInvalid = "This registration code is not valid. It may have expired or been used up."
)

// ValidationError lists what is wrong with a Request.
type ValidationError struct {
	// Fields holds at least one error, and at most one for each field.
	Fields []FieldError
}

// FieldError is what is wrong with a field.
type FieldError struct {
	// Field is one of the fields of a Request.
	Field string
	// Sentence tells the person what to do.
	Sentence string
}

func (e *ValidationError) Error() string {
	return fmt.Sprintf("invalid %s: %s", e.Fields[0].Field, e.Fields[0].Sentence)
}

// add adds an error to a field, unless sentence is empty or the field has an error already.
func (e *ValidationError) add(field, sentence string) {
	if sentence != "" && !slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Field == field }) {
		e.Fields = append(e.Fields, FieldError{field, sentence})
	}
}

// validate returns a *ValidationError if a request cannot be accepted.
func (s *Service) validate(ctx context.Context, r Request, platform *v1alpha1.Platform) error {
	var invalid ValidationError
	conflicts, err := s.CheckAvailability(ctx, namesOf(withHyphens(r.Username), r.Email, platform))
	if err != nil {
		return err
	}
	for _, field := range []struct{ name, value string }{{FieldUsername, r.Username}, {FieldEmail, r.Email}, {FieldPassword, r.Password}} {
		if field.value == "" {
			invalid.add(field.name, "This field is required.")
		}
	}
	invalid.add(FieldUsername, checkUsername(r.Username, conflicts.Username))
	var refused *account.InvalidError
	for _, err := range []error{account.CheckEmail(r.Email), account.CheckPassword(r.Password, r.Username, r.Email)} {
		if errors.As(err, &refused) {
			invalid.add(string(refused.Field), refused.Sentence)
		}
	}
	if r.RepeatedPassword != nil && *r.RepeatedPassword != r.Password {
		invalid.add(FieldRepeatedPassword, "The passwords do not match.")
	}
	if platform.RegistrationMode() == v1alpha1.RegistrationInvite {
		if err := s.checkCode(ctx, r.Code, &invalid); err != nil {
			return err
		}
	}
	switch {
	case conflicts.RollingBack:
		invalid.add(FieldForm, sentenceRollingBack)
	case conflicts.Username:
		invalid.add(FieldUsername, sentenceNameTaken)
	}
	if conflicts.Email && !conflicts.RollingBack {
		invalid.add(FieldEmail, SentenceEmailTaken)
	}
	if len(invalid.Fields) > 0 {
		return &invalid
	}
	return nil
}

// normalizeUsername returns the form in which a user name is checked and stored.
func normalizeUsername(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// withHyphens returns the name to use instead of one with underscores.
func withHyphens(name string) string { return strings.ReplaceAll(name, "_", "-") }

// checkUsername returns what is wrong with a user name, or "". taken reports whether its form with hyphens is taken, which
// is then not suggested.
func checkUsername(name string, taken bool) string {
	if hyphens := withHyphens(name); hyphens != name && naming.CheckTenant(hyphens) == nil {
		instead := "use " + hyphens
		if taken {
			instead = "choose another one"
		}
		return "The name becomes part of your blog's address, which cannot contain an underscore: " + instead + "."
	}
	var refused *naming.NameError
	if errors.As(naming.CheckTenant(name), &refused) {
		return strings.ToUpper(refused.Sentence[:1]) + refused.Sentence[1:] + "."
	}
	return ""
}

// checkCode checks a registration code.
func (s *Service) checkCode(ctx context.Context, code string, invalid *ValidationError) error {
	if code == "" || len(code) > maxCode {
		invalid.add(FieldCode, "Enter the registration code that you were given.")
		return nil
	}
	valid, err := isCodeValid(ctx, s.db, code, s.now())
	if err == nil && !valid {
		invalid.add(FieldCode, sentenceCodeInvalid)
	}
	return err
}

// conflictError turns a conflict with a faster request into a *ValidationError.
func conflictError(err error) error {
	var (
		taken   *account.ConflictError
		invalid ValidationError
	)
	switch {
	case errors.As(err, &taken) && taken.Field == account.FieldEmail:
		invalid.add(FieldEmail, SentenceEmailTaken)
	case errors.As(err, &taken):
		invalid.add(FieldUsername, sentenceNameTaken)
	case errors.Is(err, errInvalidCode):
		invalid.add(FieldCode, sentenceCodeInvalid)
	default:
		return err
	}
	return &invalid
}

// validationError returns the failure of a registration as an error of the request that started it.
func (f Failure) validationError() error {
	field := FieldForm
	if f == NameTaken {
		field = FieldUsername
	}
	return &ValidationError{Fields: []FieldError{{field, f.Sentence()}}}
}
