package portal

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/signup"
)

// codesPage is the list of codes for registration.
type codesPage struct {
	Codes []signup.RegistrationCode
	// Code is the code that was just created; it is shown only once. Empty: none was created. Address is the page to enter
	// it on.
	Code, Address string
	// Required reports whether people need a code to sign up.
	Required bool
	Form     *form
}

func (p *Portal) showCodes(w http.ResponseWriter, r *visit) error {
	f := newForm(r)
	f.Values["uses"], f.Values["days"] = "1", "14"
	return p.listCodes(w, r, codesPage{Form: f}, http.StatusOK)
}

func (p *Portal) listCodes(w http.ResponseWriter, r *visit, shown codesPage, status int) error {
	codes, err := p.signup.Codes(r.Context())
	if err != nil {
		return err
	}
	shown.Codes, shown.Required = codes, r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite
	return p.show(w, r, page{name: "staff_codes", title: "Registration codes", data: shown, status: status})
}

func (p *Portal) createCode(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "note", "uses", "days")
	secret, err := p.signup.CreateCode(r.Context(), r.User.Username, signup.NewCode{
		Note: f.Values["note"], Uses: int(number(f.Values["uses"])), Days: int(number(f.Values["days"])),
	})
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		for _, e := range invalid.Fields {
			f.refuse(e.Field, e.Sentence)
		}
		return p.listCodes(w, r, codesPage{Form: f}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	// Without a redirect, because neither a URL nor a cookie may contain the secret.
	empty := &form{Values: map[string]string{"uses": "1", "days": "14"}, Errors: make(map[string]string)}
	return p.listCodes(w, r, codesPage{Form: empty, Code: secret, Address: publicURL(r, "/register/")}, http.StatusOK)
}

func (p *Portal) revokeCode(w http.ResponseWriter, r *visit) error {
	if err := p.signup.RevokeCode(r.Context(), r.User.Username, number(r.PathValue("id"))); err != nil {
		return err
	}
	p.notice(w, r, "revoked")
	redirect(w, r, "/staff/codes/")
	return nil
}
