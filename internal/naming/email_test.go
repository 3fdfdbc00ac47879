package naming_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/naming"
)

func TestASCIIEmail(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]string{
		" Jane@Example.org ":         "Jane@Example.org",
		"x@exämple.org":              "x@xn--exmple-cua.org",
		"x@EXA\u0308MPLE.org":        "x@xn--exmple-cua.org",
		"x@xn--exmple-cua.org":       "x@xn--exmple-cua.org",
		"x@例え。jp":                    "x@xn--r8jz45g.jp",
		"jürgen@example.org":         "jürgen@example.org",
		"x@-exämple.org":             "x@-exämple.org",
		"x@example.org\u200f":        "x@example.org\u200f",
		"exämple":                    "exämple",
		"\"a@b\"@bücher.example.org": "\"a@b\"@xn--bcher-kva.example.org",
	} {
		if got := naming.ASCIIEmail(email); got != want {
			t.Errorf("ASCIIEmail(%+q) = %+q, want %+q", email, got, want)
		}
	}
	if a, b := naming.EmailKey("X@EXÄMPLE.org"), naming.EmailKey(" x@xn--Exmple-cua.org"); a != b {
		t.Errorf("one address has the keys %s and %s", a, b)
	}
}
