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

func TestIsLatin(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"en": true, "de-CH": true, "vi": true, "tr": true, "sr-Latn": true, "az": true, "tlh": true,
		"ar": false, "bg": false, "el": false, "ja": false, "fa-IR": false, "sr": false, "az-Arab": false, "hi": false, "": false,
	} {
		if got := language.IsLatin(tag); got != want {
			t.Errorf("%q: %t", tag, got)
		}
	}
}
