package signup_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/signup"
)

func TestManageCodes(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	s := e.service()
	code, err := s.CreateCode(t.Context(), "eve", signup.NewCode{Note: " The Liddells ", Uses: 2, Days: 7})
	if err != nil || code == "" {
		t.Fatalf("got %q, %v", code, err)
	}
	if _, err := s.CreateCode(t.Context(), "eve", signup.NewCode{Note: strings.Repeat("ü", 100), Uses: 10000, Days: 365}); err != nil {
		t.Error(err)
	}
	codes, err := s.Codes(t.Context())
	if err != nil || len(codes) != 2 {
		t.Fatalf("got %+v, %v", codes, err)
	}
	want := signup.RegistrationCode{
		ID: codes[1].ID, Note: "The Liddells", UsesLeft: 2, CreatedBy: "eve", CreatedAt: e.clock.Now(), ExpiresAt: e.clock.Now().AddDate(0, 0, 7),
	}
	if diff := cmp.Diff(want, codes[1], cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("the older code (-want +got):\n%s", diff)
	}
	for range 2 { // repeating it is not an error
		if err := s.RevokeCode(t.Context(), "jane", codes[1].ID); err != nil {
			t.Error(err)
		}
	}
	if left, err := s.Codes(t.Context()); err != nil || len(left) != 1 || left[0].ID != codes[0].ID {
		t.Errorf("after the older one was revoked: %+v, %v", left, err)
	}
	entries, err := audit.NewLog(e.pool, e.clock.Now).Latest(t.Context(), 0, 9)
	if err != nil || len(entries) != 4 {
		t.Fatalf("got %+v, %v", entries, err)
	}
	first := audit.Entry{ID: entries[3].ID, At: e.clock.Now(), Actor: "eve", Action: "create a registration code", Detail: "The Liddells, uses: 2, days: 7"}
	if diff := cmp.Diff(first, entries[3], cmpopts.EquateApproxTime(0)); diff != "" {
		t.Errorf("the first entry (-want +got):\n%s", diff)
	}
	if entries[1].Actor != "jane" || entries[1].Action != "revoke a registration code" || strings.Contains(entries[1].Detail+entries[3].Detail, code) {
		t.Errorf("the entry of the revocation is %+v", entries[1])
	}

	e.clock.add(365 * 24 * time.Hour)
	if left, err := s.Codes(t.Context()); err != nil || len(left) != 0 {
		t.Errorf("after a year: %+v, %v", left, err)
	}
}

func TestInvalidNewCodes(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	s := e.service()
	const note, uses, days = "Enter a note of at most 100 characters on one line.", "Enter a number from 1 to 10000.", "Enter a number from 1 to 365."
	valid := signup.NewCode{Note: "friends", Uses: 1, Days: 1}
	for name, c := range map[string]struct {
		edit func(*signup.NewCode)
		want []signup.FieldError
	}{
		"no note":        {func(c *signup.NewCode) { c.Note = " " }, []signup.FieldError{{Field: "note", Sentence: note}}},
		"a long note":    {func(c *signup.NewCode) { c.Note = strings.Repeat("ü", 101) }, []signup.FieldError{{Field: "note", Sentence: note}}},
		"two lines":      {func(c *signup.NewCode) { c.Note = "a\nb" }, []signup.FieldError{{Field: "note", Sentence: note}}},
		"too many uses":  {func(c *signup.NewCode) { c.Uses = 10001 }, []signup.FieldError{{Field: "uses", Sentence: uses}}},
		"more than year": {func(c *signup.NewCode) { c.Days = 366 }, []signup.FieldError{{Field: "days", Sentence: days}}},
		"nothing": {func(c *signup.NewCode) { *c = signup.NewCode{} }, []signup.FieldError{
			{Field: "note", Sentence: note}, {Field: "uses", Sentence: uses}, {Field: "days", Sentence: days},
		}},
	} {
		code := valid
		c.edit(&code)
		got, err := s.CreateCode(t.Context(), "eve", code)
		var invalid *signup.ValidationError
		if got != "" || !errors.As(err, &invalid) {
			t.Errorf("%s: got %q, %v, want a ValidationError", name, got, err)
			continue
		}
		if diff := cmp.Diff(c.want, invalid.Fields); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if codes, err := s.Codes(t.Context()); err != nil || len(codes) != 0 {
		t.Errorf("codes were created: %+v, %v", codes, err)
	}
}
