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

// AddError adds an error to a field, unless the field has one already.
func (f *Form) AddError(field, sentence string) {
	if f.Errors[field] == "" {
		f.Errors[field] = sentence
	}
}

// AddInvalid adds the *account.InvalidErrors in err to their fields, and reports whether the form has errors.
func (f *Form) AddInvalid(err error) bool {
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for _, err := range all {
		var invalid *account.InvalidError
		if errors.As(err, &invalid) {
			f.AddError(string(invalid.Field), invalid.Sentence)
		}
	}
	return !f.OK()
}

// OK reports whether the form has no errors.
func (f *Form) OK() bool { return len(f.Errors) == 0 }

// Field is a field of a form, for the templates that render one.
type Field struct{ Name, Value, Error string }

// Field returns a field.
func (f *Form) Field(name string) Field {
	return Field{Name: name, Value: f.Values[name], Error: f.Errors[name]}
}

// NewPassword returns a password that was entered twice. If the two differ, it adds an error to the form.
func NewPassword(r *Request, f *Form) (password string, ok bool) {
	password = r.PostFormValue("password")
	if password != r.PostFormValue("confirm_password") {
		f.AddError("confirm_password", "The passwords do not match.")
	}
	return password, f.OK()
}
