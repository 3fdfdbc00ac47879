package feed

import (
	"encoding/xml"
	"fmt"
	"time"
)

// The elements of an Atom feed (RFC 4287).
type (
	atomFeed struct {
		XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Base     string      `xml:"xml:base,attr"`
		Language string      `xml:"xml:lang,attr,omitempty"`
		ID       string      `xml:"id"`
		Title    string      `xml:"title"`
		Subtitle string      `xml:"subtitle,omitempty"`
		Updated  string      `xml:"updated"`
		Author   atomAuthor  `xml:"author"`
		Links    []atomLink  `xml:"link"`
		Entries  []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		Base       string         `xml:"xml:base,attr"`
		Language   string         `xml:"xml:lang,attr,omitempty"`
		ID         string         `xml:"id"`
		Title      string         `xml:"title"`
		Links      []atomLink     `xml:"link"`
		Published  string         `xml:"published"`
		Updated    string         `xml:"updated"`
		Author     *atomAuthor    `xml:"author,omitempty"`
		Categories []atomCategory `xml:"category"`
		Summary    *atomContent   `xml:"summary"`
		Content    *atomContent   `xml:"content"`
	}
	atomCategory struct {
		Term string `xml:"term,attr"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr,omitempty"`
		Href string `xml:"href,attr"`
	}
	atomContent struct {
		Type string `xml:"type,attr"`
		Text string `xml:",chardata"`
	}
)

func encodeAtom(f *Feed) ([]byte, error) {
	feed := atomFeed{
		Base: f.Home, Language: f.Language, ID: f.ID, Title: f.Title, Subtitle: f.Description, Updated: atomTime(f.Updated), Author: atomAuthor{f.Author},
		Links: []atomLink{{"self", "application/atom+xml", f.Self}, {"alternate", "text/html", f.Home}},
	}
	for i := range f.Entries {
		feed.Entries = append(feed.Entries, newAtomEntry(&f.Entries[i]))
	}
	return encodeXML(feed)
}

func newAtomEntry(e *Entry) atomEntry {
	entry := atomEntry{
		Base: e.Address, Language: e.Language, ID: e.ID, Title: e.Title, Links: []atomLink{{"alternate", "text/html", e.Address}},
		Published: atomTime(e.Published), Updated: atomTime(e.Updated),
	}
	switch {
	case e.SummaryHTML != "":
		entry.Summary = &atomContent{"html", e.SummaryHTML}
	case e.Summary != "":
		entry.Summary = &atomContent{"text", e.Summary}
	}
	// Without content, RFC 4287 section 4.1.2 requires a link to the post, which all entries have.
	if e.Whole {
		entry.Content = &atomContent{"html", absoluteHTML(e.HTML, e.Address)}
	}
	if e.Link != "" {
		entry.Links = append(entry.Links, atomLink{Rel: "related", Href: e.Link})
	}
	for _, tag := range e.Tags {
		entry.Categories = append(entry.Categories, atomCategory{tag})
	}
	if e.Author != "" {
		entry.Author = &atomAuthor{e.Author}
	}
	return entry
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func encodeXML(document any) ([]byte, error) {
	encoded, err := xml.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode a feed: %w", err)
	}
	return append([]byte(xml.Header), encoded...), nil
}
