package portal

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/signup"
)

const (
	// maxNote, maxUses and maxDays bound a code for registration.
	maxNote = 100
	maxUses = 10000
	maxDays = 365
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
	codes, err := signup.ListCodes(r.Context(), p.db, r.Now)
	if err != nil {
		return err
	}
	shown.Codes, shown.Required = codes, r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite
	return p.show(w, r, page{name: "staff_codes", title: "Registration codes", data: shown, status: status})
}

func (p *Portal) createCode(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "note", "uses", "days")
	note := strings.TrimSpace(f.Values["note"])
	if note == "" || utf8.RuneCountInString(note) > maxNote || note != plainText(note) {
		f.refuse("note", "Enter a note of at most 100 characters on one line.")
	}
	uses, err := strconv.Atoi(f.Values["uses"])
	if err != nil || uses < 1 || uses > maxUses {
		f.refuse("uses", "Enter a number from 1 to 10000.")
	}
	days, err := strconv.Atoi(f.Values["days"])
	if err != nil || days < 1 || days > maxDays {
		f.refuse("days", "Enter a number from 1 to 365.")
	}
	if !f.ok() {
		return p.listCodes(w, r, codesPage{Form: f}, http.StatusUnprocessableEntity)
	}
	code := signup.RegistrationCode{
		Note: note, UsesLeft: uses, CreatedBy: r.User.Username, CreatedAt: r.Now, ExpiresAt: r.Now.Add(time.Duration(days) * 24 * time.Hour),
	}
	secret, err := signup.CreateCode(r.Context(), p.audit, code)
	if err != nil {
		return err
	}
	// Without a redirect, because neither a URL nor a cookie may contain the secret.
	empty := &form{Values: map[string]string{"uses": "1", "days": "14"}, Errors: make(map[string]string)}
	return p.listCodes(w, r, codesPage{Form: empty, Code: secret, Address: publicURL(r, "/register/")}, http.StatusOK)
}

func (p *Portal) revokeCode(w http.ResponseWriter, r *visit) error {
	if err := signup.RevokeCode(r.Context(), p.audit, r.User.Username, number(r.PathValue("id"))); err != nil {
		return err
	}
	p.notice(w, r, "revoked")
	redirect(w, r, "/staff/codes/")
	return nil
}
