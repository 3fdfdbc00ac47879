package staff

import (
	"errors"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/signup"
)

// codeView is a registration code without its secret.
type codeView struct {
	ID              int64
	Note, CreatedBy string
	UsesLeft        int
	ExpiresAt       time.Time
}

// codesPage is the list of registration codes.
type codesPage struct {
	Codes []codeView
	// Code is the code that was just created; it is shown only once. Empty: none was created. Address is the page on which
	// people enter it.
	Code, Address string
	// Required reports whether people need a code to sign up.
	Required bool
	Form     *site.Form
	// FormID tells two forms with the same values from two clicks on one.
	FormID string
}

func (p *Pages) showCodes(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r)
	f.Values["uses"], f.Values["days"] = "1", "14"
	return p.listCodes(w, r, codesPage{Form: f}, http.StatusOK)
}

func (p *Pages) listCodes(w http.ResponseWriter, r *site.Request, shown codesPage, status int) error {
	codes, err := p.SignUp.Codes(r.Context())
	if err != nil {
		return err
	}
	for _, c := range codes {
		shown.Codes = append(shown.Codes, codeView{ID: c.ID, Note: c.Note, CreatedBy: c.CreatedBy, UsesLeft: c.UsesLeft, ExpiresAt: c.ExpiresAt})
	}
	shown.Required, shown.FormID = r.ByInvitation(), r.ID
	return p.Show(w, r, site.Page{Name: "codes", Title: "Registration codes", Data: shown, Status: status})
}

func (p *Pages) createCode(w http.ResponseWriter, r *site.Request) error {
	f := site.NewForm(r, "note", "uses", "days")
	secret, err := p.SignUp.CreateCode(r.Context(), r.User.Username, signup.NewCode{
		Note: f.Values["note"], Uses: int(number(f.Values["uses"])), Days: int(number(f.Values["days"])),
	})
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		for _, e := range invalid.Fields {
			f.AddError(e.Field, e.Sentence)
		}
		return p.listCodes(w, r, codesPage{Form: f}, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	// Without a redirect, because neither a URL nor a cookie may contain the secret.
	empty := &site.Form{Values: map[string]string{"uses": "1", "days": "14"}, Errors: make(map[string]string)}
	return p.listCodes(w, r, codesPage{Form: empty, Code: secret, Address: r.PublicURL("/register/")}, http.StatusOK)
}

func (p *Pages) revokeCode(w http.ResponseWriter, r *site.Request) error {
	if err := p.SignUp.RevokeCode(r.Context(), r.User.Username, number(r.PathValue("id"))); err != nil {
		return err
	}
	site.RedirectWithNotice(w, r, "/staff/codes/", site.NoticeCodeRevoked)
	return nil
}
