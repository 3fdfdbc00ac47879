package portal

import (
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
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
	// Code is one that was made just now. It is shown once, and kept nowhere. Empty: none was.
	Code, Address string
	// Needed says that nobody registers without a code.
	Needed bool
	Form   *form
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
	shown.Codes, shown.Needed = codes, r.Platform.RegistrationMode() == v1alpha1.RegistrationInvite
	return p.show(w, r, page{name: "staff_codes", title: "Registration codes", data: shown, status: status})
}

func (p *Portal) makeCode(w http.ResponseWriter, r *visit) error {
	f := newForm(r, "note", "uses", "days")
	note := strings.TrimSpace(f.Values["note"])
	if note == "" || utf8.RuneCountInString(note) > maxNote || note != plainText(note) {
		f.refuse("note", "Say in at most 100 characters, on one line, whom it is for.")
	}
	uses, err := strconv.Atoi(f.Values["uses"])
	if err != nil || uses < 1 || uses > maxUses {
		f.refuse("uses", "Write a whole number from 1 to 10000.")
	}
	days, err := strconv.Atoi(f.Values["days"])
	if err != nil || days < 1 || days > maxDays {
		f.refuse("days", "Write a whole number from 1 to 365.")
	}
	if !f.ok() {
		return p.listCodes(w, r, codesPage{Form: f}, http.StatusUnprocessableEntity)
	}
	code := signup.RegistrationCode{
		Note: note, UsesLeft: uses, CreatedBy: r.User.Username, CreatedAt: r.Now, ExpiresAt: r.Now.Add(time.Duration(days) * 24 * time.Hour),
	}
	var secret string
	act := audit.Entry{Actor: r.User.Username, Action: "make a registration code", Detail: note + ": " + f.Values["uses"] + " uses, " + f.Values["days"] + " days"}
	err = p.audit.InTx(r.Context(), act, func(tx pgx.Tx) error {
		var err error
		secret, err = signup.InsertCode(r.Context(), tx, code)
		return err
	})
	if err != nil {
		return err
	}
	// Not by way of a redirect: a secret belongs in no address and no cookie.
	empty := &form{Values: map[string]string{"uses": "1", "days": "14"}, Errors: make(map[string]string)}
	return p.listCodes(w, r, codesPage{Form: empty, Code: secret, Address: publicURL(r, "/register/")}, http.StatusOK)
}

func (p *Portal) revokeCode(w http.ResponseWriter, r *visit) error {
	id := number(r.PathValue("id"))
	act := audit.Entry{Action: "revoke a registration code", Detail: "no. " + strconv.FormatInt(id, 10)}
	return p.doInDatabase(w, r, act, "revoked", "/staff/codes/", func(tx pgx.Tx) error {
		return signup.DeleteCode(r.Context(), tx, id)
	})
}
