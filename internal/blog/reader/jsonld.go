package reader

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// posting says what a post is, for search engines (https://schema.org/BlogPosting).
type posting struct {
	Context   string   `json:"@context"`
	Type      string   `json:"@type"`
	Headline  string   `json:"headline"`
	Page      string   `json:"mainEntityOfPage"`
	Published string   `json:"datePublished"`
	Modified  string   `json:"dateModified"`
	Author    person   `json:"author"`
	Words     string   `json:"description,omitempty"`
	Image     string   `json:"image,omitempty"`
	Language  string   `json:"inLanguage,omitempty"`
	Keywords  []string `json:"keywords,omitempty"`
}

type person struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// writePosting writes what a post is, if it has an address that search engines may know. It is data: browsers run no script of this type,
// and no Content-Security-Policy applies to it.
func (r *request) writePosting(m web.HTMLWriter, page web.Page, p post.Post) web.HTMLWriter {
	if page.Canonical == "" || page.NoIndex || p.Page {
		return m
	}
	modified := p.UpdatedAt
	if p.PublishedAt.After(modified) {
		modified = p.PublishedAt
	}
	encoded, err := json.Marshal(posting{ // with <, > and & escaped
		Context: "https://schema.org", Type: "BlogPosting", Headline: r.nameOf(p.Entry), Page: page.Canonical,
		Published: p.PublishedAt.In(r.zone()).Format(time.RFC3339), Modified: modified.In(r.zone()).Format(time.RFC3339),
		Author: person{"Person", cmp.Or(p.Author, r.settings.Author, r.tenant.DisplayName), r.tenant.Origin + "/"},
		Words:  page.Description, Image: r.absolute(p.Cover), Language: p.Language, Keywords: p.Tags,
	})
	if err != nil {
		return m // strings can always be encoded
	}
	return m.HTML("<script type=\"application/ld+json\">").Sanitized(string(encoded)).HTML("</script>\n")
}
