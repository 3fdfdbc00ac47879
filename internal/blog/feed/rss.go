package feed

import (
	"cmp"
	"encoding/xml"
	"html"
	"time"
)

// The elements of an RSS 2.0 feed (https://www.rssboard.org/rss-specification), with those of other vocabularies for what it lacks: the
// address of the feed (Atom), the names of authors (Dublin Core), since its own author is an email address, and the whole content.
type (
	rss struct {
		XMLName   xml.Name   `xml:"rss"`
		Version   string     `xml:"version,attr"`
		AtomNS    string     `xml:"xmlns:atom,attr"`
		DublinNS  string     `xml:"xmlns:dc,attr"`
		ContentNS string     `xml:"xmlns:content,attr"`
		Channel   rssChannel `xml:"channel"`
	}
	rssChannel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Language    string    `xml:"language,omitempty"`
		Updated     string    `xml:"lastBuildDate"`
		Self        atomLink  `xml:"atom:link"`
		Items       []rssItem `xml:"item"`
	}
	rssItem struct {
		Title       string   `xml:"title"`
		Link        string   `xml:"link"`
		GUID        rssGUID  `xml:"guid"`
		Published   string   `xml:"pubDate"`
		Author      string   `xml:"dc:creator"`
		Categories  []string `xml:"category"`
		Description string   `xml:"description"`
		Content     string   `xml:"content:encoded,omitempty"`
	}
	rssGUID struct {
		IsPermaLink bool   `xml:"isPermaLink,attr"`
		ID          string `xml:",chardata"`
	}
)

func encodeRSS(f *Feed) ([]byte, error) {
	feed := rss{
		Version: "2.0", AtomNS: "http://www.w3.org/2005/Atom", DublinNS: "http://purl.org/dc/elements/1.1/", ContentNS: "http://purl.org/rss/1.0/modules/content/",
		Channel: rssChannel{
			Title: f.Title, Link: f.Home, Description: cmp.Or(f.Description, f.Title), Language: f.Language, Updated: rssTime(f.Updated),
			Self: atomLink{"self", "application/rss+xml", f.Self},
		},
	}
	for i := range f.Entries {
		e := &f.Entries[i]
		item := rssItem{
			Title: e.Title, Link: e.Address, GUID: rssGUID{false, e.ID}, Published: rssTime(e.Published), Author: cmp.Or(e.Author, f.Author),
			Categories: e.Tags, Description: cmp.Or(e.SummaryHTML, html.EscapeString(cmp.Or(e.Summary, e.Title))), // which is HTML
		}
		if e.Whole {
			item.Content = absoluteHTML(e.HTML, e.Address)
		}
		feed.Channel.Items = append(feed.Channel.Items, item)
	}
	return encodeXML(feed)
}

// rssTime returns a time as RFC 822 has it, with a year of four digits.
func rssTime(t time.Time) string { return t.UTC().Format(time.RFC1123Z) }
