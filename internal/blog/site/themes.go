package site

import (
	"github.com/echoblogs/echoblogs/internal/content/theme"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// themes are the looks of pages by the names of themes.
type themes map[string]web.Theme

// publishThemes adds the style sheets and the fonts of all themes to the assets.
func publishThemes(assets *web.Assets) (themes, error) {
	published := themes{}
	for _, t := range theme.All() {
		style, font, err := t.Publish(assets.Add)
		if err != nil {
			return nil, err
		}
		published[t.Name] = web.Theme{Style: style, Font: font}
	}
	return published, nil
}

// ThemeOf returns the look of a blog that has chosen a theme and an accent.
func (s *Site) ThemeOf(name, accent string) web.Theme {
	look := s.themes[theme.Find(name).Name]
	if theme.KnownAccent(accent) {
		look.Accent = accent
	}
	return look
}

// errorPage returns the layout of a page that says what went wrong, in the look that the blog was last shown in.
func (s *Site) errorPage(t *directory.Tenant, title string) web.Page {
	page := Page(t, title)
	if s.LastTheme != nil {
		page.Theme = s.ThemeOf(s.LastTheme(t))
	}
	return page
}
