package theme_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/theme"
)

// A page in Latin-1 loads at most 120 kB of fonts, and a style sheet that leaves room for the page in 30 kB.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, look := range theme.All() {
		fonts, sheet := 0, []byte(nil)
		latin := map[string]bool{}
		for _, f := range look.Fonts {
			latin[f.FileOf(theme.Latin)] = true
		}
		address, preload, err := look.Publish(func(name string, content []byte) string {
			if latin[name] {
				fonts += len(content)
			}
			if name == look.Name+".css" {
				sheet = content
			}
			return "/assets/" + name
		})
		if err != nil {
			t.Fatal(err)
		}
		if address != "/assets/"+look.Name+".css" || !strings.Contains(preload, "normal.woff2") || !strings.Contains(preload, "latin-") {
			t.Errorf("%s: %s, %s", look.Name, address, preload)
		}
		var compressed bytes.Buffer
		w := gzip.NewWriter(&compressed)
		if _, err := w.Write(sheet); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d bytes of fonts, style sheet of %d bytes, %d compressed", look.Name, fonts, len(sheet), compressed.Len())
		if fonts > 120_000 || fonts == 0 || compressed.Len() > 10_000 {
			t.Errorf("%s: %d bytes of fonts, %d of CSS", look.Name, fonts, compressed.Len())
		}
	}
}

// Text can be read on every ground of every theme, in every accent.
func TestContrast(t *testing.T) {
	t.Parallel()
	for _, look := range theme.All() {
		for name, palette := range map[string]theme.Palette{"light": look.Light, "dark": look.Dark} {
			wantContrast(t, look.Name+" ink, "+name, palette.Ink, palette.Paper, 12)
			wantContrast(t, look.Name+" ink on raised, "+name, palette.Ink, palette.Raised, 10)
			wantContrast(t, look.Name+" quiet, "+name, palette.Quiet, palette.Paper, 5.9)
			wantContrast(t, look.Name+" quiet on raised, "+name, palette.Quiet, palette.Raised, 5)
			for _, accent := range theme.Accents() {
				colour := map[string]string{"light": accent.Light, "dark": accent.Dark}[name]
				wantContrast(t, look.Name+" "+accent.Name+", "+name, colour, palette.Paper, 5.1)
				wantContrast(t, look.Name+" "+accent.Name+" on raised, "+name, colour, palette.Raised, 5)
			}
		}
		if !theme.KnownAccent(look.Accent) {
			t.Errorf("%s has an unknown accent", look.Name)
		}
	}
}

func wantContrast(t *testing.T, what, ink, paper string, want float64) {
	t.Helper()
	a, b := luminance(t, ink), luminance(t, paper)
	if got := (max(a, b) + .05) / (min(a, b) + .05); got < want {
		t.Errorf("%s: contrast %.2f of %s on %s, want %.1f", what, got, ink, paper, want)
	}
}

// luminance returns the relative luminance of a colour (WCAG 2.2).
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 24)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is no colour: %v", colour, err)
	}
	linear := func(channel uint64) float64 {
		c := float64(channel&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*linear(value>>16) + .7152*linear(value>>8) + .0722*linear(value)
}

// A blog keeps the name of a theme that a later version no longer has, and is shown in the default.
func TestFind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"": "folio", "gone": "folio", "ticker": "ticker"} {
		if got := theme.Find(name).Name; got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	if names := fmt.Sprint(len(theme.All()), theme.Known("strand"), theme.Known(""), theme.KnownAccent("teal"), theme.KnownAccent("puce")); names != "5 true false true false" {
		t.Error(names)
	}
}
