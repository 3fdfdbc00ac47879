package secret_test

import (
	"bytes"
	"testing"

	"github.com/echoblogs/echoblogs/internal/secret"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	text := "form\x00" + secret.New()
	sealed := secret.Seal(text, []byte("the answer"))
	if bytes.Contains(sealed, []byte("answer")) {
		t.Errorf("%q is not encrypted", sealed)
	}
	if opened, err := secret.Open(text, sealed); err != nil || string(opened) != "the answer" {
		t.Errorf("opened %q, %v", opened, err)
	}
	for _, other := range []string{"", text + "x", string(secret.Hash(text))} {
		if opened, err := secret.Open(other, sealed); err == nil {
			t.Errorf("%q opens %q", other, opened)
		}
	}
	sealed[len(sealed)-1] ^= 1
	if _, err := secret.Open(text, sealed); err == nil {
		t.Error("changed data can be opened")
	}
}
