package site

import (
	"errors"

	"github.com/echoblogs/echoblogs/internal/account"
)

// Form holds the values of a form and its errors, by the names of the fields.
type Form struct {
	// Values are shown again. They never contain passwords.
	Values map[string]string
	// Errors are sentences. The empty name is the form as a whole.
	Errors map[string]string
}

// NewForm returns a form with the named fields of a request.
func NewForm(r *Request, fields ...string) *Form {
	f := &Form{Values: make(map[string]string, len(fields)), Errors: make(map[string]string)}
	for _, field := range fields {
		f.Values[field] = r.PostFormValue(field)
	}
	return f
}

// Refuse adds the error of a field, unless it has one.
func (f *Form) Refuse(field, sentence string) {
	if f.Errors[field] == "" {
		f.Errors[field] = sentence
	}
}

// RefuseInvalid adds the values that the account package did not accept to the errors, and reports whether there are
// errors.
func (f *Form) RefuseInvalid(err error) bool {
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var invalid *account.InvalidError
		if errors.As(err, &invalid) {
			f.Refuse(string(invalid.Field), invalid.Sentence)
		}
	}
	return !f.OK()
}

// OK reports whether the form has no errors.
func (f *Form) OK() bool { return len(f.Errors) == 0 }

// Field is a field of a form, for the templates that show one.
type Field struct{ Name, Value, Error string }

// Field returns a field.
func (f *Form) Field(name string) Field {
	return Field{Name: name, Value: f.Values[name], Error: f.Errors[name]}
}

// NewPassword returns a password that was entered twice. If the two differ, it adds an error to the form.
func NewPassword(r *Request, f *Form) (password string, ok bool) {
	password = r.PostFormValue("password")
	if password != r.PostFormValue("confirm_password") {
		f.Refuse("confirm_password", "The passwords do not match.")
	}
	return password, f.OK()
}
