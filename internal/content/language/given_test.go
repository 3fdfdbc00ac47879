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

func TestNarrow(t *testing.T) {
	t.Parallel()
	for blog, want := range map[string]struct{ latin, cyrillic bool }{
		"en": {latin: true}, "de-CH": {latin: true}, "vi": {latin: true}, "tr": {latin: true}, "sr-Latn": {latin: true}, "az": {latin: true}, "tlh": {latin: true},
		"bg": {cyrillic: true}, "sr": {cyrillic: true}, "kk": {cyrillic: true}, "uz-Cyrl": {cyrillic: true},
		"ar": {}, "el": {}, "ja": {}, "fa-IR": {}, "az-Arab": {}, "hi": {}, "": {},
	} {
		for found, narrows := range map[string]bool{"": want.latin, language.Cyrillic: want.cyrillic, "ru": false, "el": false} {
			expected := found
			if narrows {
				expected = blog
			}
			if got := language.Narrow(found, blog); got != expected {
				t.Errorf("%q on a blog in %q is %q", found, blog, got)
			}
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct{ ltr, rtl string }{
		"": {"ltr", "rtl"}, "1852 – 🎉": {"ltr", "rtl"}, "Words.": {"ltr", "ltr"}, "كلمات.": {"rtl", "rtl"},
		"iPhone: ملاحظات من غرفة المصباح": {"ltr", "rtl"}, "كتاب is a word in this English text": {"ltr", "rtl"},
	} {
		if got := language.Within(text, "ltr"); got != want.ltr {
			t.Errorf("%q in a text from left to right is %s", text, got)
		}
		if got := language.Within(text, "rtl"); got != want.rtl {
			t.Errorf("%q in a text from right to left is %s", text, got)
		}
	}
}
