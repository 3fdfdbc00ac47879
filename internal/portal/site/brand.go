package site

import (
	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/web"
)

// brand returns the identity of a Platform's public site. nil: the Platform is not known yet.
func brand(platform *v1alpha1.Platform, column web.Column) *web.Brand {
	if platform == nil {
		return &web.Brand{Column: column}
	}
	site := platform.Site()
	b := &web.Brand{Name: site.Name, Column: column}
	for _, page := range []struct {
		address v1alpha1.PageAddress
		text    string
	}{{site.Terms, "Terms"}, {site.Privacy, "Privacy"}, {site.Imprint, "Imprint"}} {
		if page.address != "" {
			b.Legal = append(b.Legal, web.Link{Address: string(page.address), Text: page.text})
		}
	}
	return b
}
