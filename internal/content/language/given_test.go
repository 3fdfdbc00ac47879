package language_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/language"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"en": "ltr", "ar": "rtl", "ar-EG": "rtl", "HE": "rtl", "az-Arab": "rtl", "az": "ltr", "ur-Latn": "ltr", "de-CH-1901": "ltr", "pa-Arab-PK": "rtl", "": "ltr",
	} {
		if got := language.Of(tag); got.Tag != tag || got.Direction() != want {
			t.Errorf("%q is %+v, want %s", tag, got, want)
		}
	}
}
