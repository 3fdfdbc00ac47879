package theme

import (
	"fmt"
	"regexp"
	"strings"
)

// Publish gives the files of the theme to add, which returns the address of each, and returns the addresses of the style sheet and of the
// font to preload. The sheet is the only one of a page: the shared one, the palettes, the fonts, and the theme's own.
func (t *Theme) Publish(add func(name string, content []byte) string) (sheet, preload string, err error) {
	faces := strings.Builder{}
	for i := range t.Fonts {
		font := &t.Fonts[i]
		for _, subset := range subsets {
			name := font.FileOf(subset)
			content, err := files.ReadFile(t.path(name))
			if err != nil {
				return "", "", fmt.Errorf("read a font of the theme %s: %w", t.Name, err)
			}
			address := add(name, content)
			if font.Preload && subset == Latin {
				preload = address
			}
			faces.WriteString(font.face(address, subset))
		}
	}
	base, err := files.ReadFile("base.css")
	if err != nil {
		return "", "", fmt.Errorf("read the style sheet of all themes: %w", err)
	}
	content := faces.String() + t.palettes() + string(base) + t.style
	return add(t.Name+".css", []byte(comment.ReplaceAllString(content, ""))), preload, nil
}

var comment = regexp.MustCompile(`(?s)/\*.*?\*/\n*`)

// face returns the rule of a file of a font. Until it is loaded, the text is shown in the fallback of the theme.
func (f *Font) face(address string, subset Subset) string {
	style := "normal"
	if f.Italic {
		style = "italic"
	}
	return fmt.Sprintf("@font-face { font-family: %q; font-style: %s; font-weight: %s; font-display: swap; src: url(%s) format(\"woff2\"); unicode-range: %s; }\n",
		f.Family, style, f.Weight, address, subset.Range)
}

// palettes returns the rules of the colours: those of the theme, and the accents. An attribute of the page names the accent.
func (t *Theme) palettes() string {
	own, _ := findAccent(t.Accent)
	var light, dark strings.Builder
	for _, a := range accents {
		fmt.Fprintf(&light, "[data-accent=%q] { --accent: %s; }\n", a.Name, a.Light)
		fmt.Fprintf(&dark, "[data-accent=%q] { --accent: %s; }\n", a.Name, a.Dark)
	}
	return ":root {" + t.Light.variables() + " --accent: " + own.Light + "; }\n" + light.String() +
		"@media (prefers-color-scheme: dark) {\n:root {" + t.Dark.variables() + " --accent: " + own.Dark + "; }\n" + dark.String() + "}\n"
}

func (p *Palette) variables() string {
	return fmt.Sprintf(" --paper: %s; --raised: %s; --line: %s; --ink: %s; --quiet: %s;", p.Paper, p.Raised, p.Line, p.Ink, p.Quiet)
}
