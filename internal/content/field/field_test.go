package field_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/field"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ web, path, image bool }{
		"https://example.org/a?b#c": {web: true, image: true},
		"HTTPS://EXAMPLE.ORG":       {web: true, image: true},
		"http://example.org/":       {web: true},
		"https://münchen.example/ä": {web: true, image: true},
		"/media/a.jpg":              {path: true, image: true},
		"/":                         {path: true, image: true},
		"/a b":                      {}, "/a\nb": {}, "//example.org/": {}, `/\example.org/`: {}, `https:\\example.org`: {},
		"https://user:password@example.org/": {}, "https://user@example.org/": {}, "https:///a": {}, "https:a": {}, "https://": {}, "example.org": {},
		"javascript:alert(1)": {}, " javascript:alert(1)": {}, "java\tscript:alert(1)": {}, "data:text/html,a": {}, "": {}, "mailto:a@example.org": {},
		"https://example.org/ a": {}, "%": {}, "https://exa\x00mple.org": {},
	} {
		if web, path, image := field.IsWebAddress(address), field.IsPath(address), field.IsImageAddress(address); web != want.web || path != want.path || image != want.image {
			t.Errorf("%q: web %t, path %t, image %t; want %+v", address, web, path, image, want)
		}
	}
}

func TestIsLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]bool{
		"en": true, "pt-BR": true, "zh-Hant-TW": true, "de-CH-1901": true, "": false, "e": false, "en_US": false, "en-": false, "en\" lang": false, "English language": false,
	} {
		if got := field.IsLanguage(tag); got != want {
			t.Errorf("IsLanguage(%q) = %t", tag, got)
		}
	}
}
