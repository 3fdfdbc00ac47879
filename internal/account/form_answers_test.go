package account_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/secret"
)

// A form is processed once until its answer has expired, unless the browser has sent another one, or the processing was
// interrupted.
func TestForms(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	form := account.Form{Browser: secret.New(), Content: "/confirm/?token=1"}
	begin := func(f account.Form, wantAnswer string, wantBegan bool) {
		t.Helper()
		answer, began, err := e.accounts.BeginForm(t.Context(), f, false)
		if err != nil || string(answer) != wantAnswer || began != wantBegan {
			t.Errorf("%s: the answer is %q, began is %t, %v; want %q and %t", f.Content, answer, began, err, wantAnswer, wantBegan)
		}
	}
	end := func(f account.Form, answer []byte) {
		t.Helper()
		if err := e.accounts.EndForm(t.Context(), f, answer, time.Minute); err != nil {
			t.Error(err)
		}
	}
	begin(form, "", true)
	begin(form, "", false)
	begin(account.Form{Browser: secret.New(), Content: form.Content}, "", true)
	e.pass(30 * time.Second)
	begin(form, "", true)
	end(form, nil)
	begin(form, "", true)
	end(form, []byte("the answer"))
	begin(form, "the answer", false)

	var kept []byte
	if err := e.db.QueryRow(t.Context(), `SELECT answer FROM public.form_answers WHERE browser_hash = $1`, secret.Hash(form.Browser)).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte("answer")) {
		t.Errorf("the answer is kept as %q", kept)
	}

	other := account.Form{Browser: form.Browser, Content: "/confirm/?token=2"}
	begin(other, "", true)
	end(form, []byte("too late"))
	begin(other, "", false)
	begin(form, "", true)
	end(form, []byte("the answer"))
	e.pass(time.Minute)
	if answer, _, err := e.accounts.BeginForm(t.Context(), form, true); string(answer) != "the answer" || err != nil {
		t.Errorf("a caller that has waited gets %q, %v", answer, err)
	}
	begin(form, "", true)
	end(form, []byte("the answer"))
	e.pass(time.Minute)
	if err := e.accounts.DeleteExpired(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := e.count(`SELECT count(*) FROM public.form_answers`); n != 0 {
		t.Errorf("%d answers are left", n)
	}
}
