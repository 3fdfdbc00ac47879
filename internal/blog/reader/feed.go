package reader

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/language"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// feedSize is the number of posts in the feed.
	feedSize = 20
	// feedHTML is the size of their HTML, in bytes. The posts after that have only a summary.
	feedHTML = 512 << 10
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

func (rd *Reader) feed(w http.ResponseWriter, r *request) error {
	feed := bytes.NewBufferString(xml.Header)
	err := rd.query(r, rd.queueFrame(r, ""), func(ctx context.Context, db postgres.Querier) error {
		var latest []post.Post
		err := rd.withShape(r, func(s shape) (err error) {
			maxHTML := feedHTML
			if s.excerpts {
				maxHTML = 0
			}
			latest, err = r.posts().Latest(ctx, db, r.now, feedSize, maxHTML)
			return err
		})
		if err != nil {
			return err
		}
		if err := xml.NewEncoder(feed).Encode(r.newFeed(latest)); err != nil {
			return fmt.Errorf("encode the feed: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return rd.send(w, r, "application/atom+xml; charset=utf-8", feed.Bytes())
}

func (r *request) newFeed(latest []post.Post) atomFeed {
	t, set := r.tenant, &r.settings
	feed := atomFeed{
		Base:     t.Origin + "/",
		Language: set.Language,
		ID:       feedID(t.Name),
		Title:    t.DisplayName,
		Subtitle: set.Tagline,
		Author:   atomAuthor{cmp.Or(set.Author, t.DisplayName)}, // for entries without an author
		Links: []atomLink{
			{"self", "application/atom+xml", t.Origin + site.FeedPath},
			{"alternate", "text/html", t.Origin + "/"},
		},
	}
	var updated time.Time
	for _, p := range latest {
		// A post that was last changed before its publication is new from its publication on.
		changed := p.UpdatedAt
		if p.PublishedAt.After(changed) {
			changed = p.PublishedAt
		}
		if changed.After(updated) {
			updated = changed
		}
		feed.Entries = append(feed.Entries, r.newFeedEntry(p, changed))
	}
	if len(latest) == 0 {
		updated = t.CreatedAt
	}
	feed.Updated = atomTime(updated)
	return feed
}

func (r *request) newFeedEntry(p post.Post, changed time.Time) atomEntry {
	r.markUp(&p.Entry)
	t, address := r.tenant, r.tenant.Origin+site.PostPath(p.Slug)
	entry := atomEntry{
		Base:      address, // links in a post can be relative to it
		ID:        feedID(t.Name, strconv.FormatInt(p.ID, 10), strconv.FormatInt(p.CreatedAt.UnixMicro(), 10)),
		Title:     r.nameOf(p.Entry),
		Language:  p.Language,
		Links:     []atomLink{{"alternate", "text/html", address}},
		Published: atomTime(p.PublishedAt),
		Updated:   atomTime(changed),
	}
	if p.Summary != "" {
		entry.Summary = summaryOf(p)
	}
	// Without content, RFC 4287 section 4.1.2 requires a link to the post, which all entries have.
	if p.HTML != "" || p.HTMLBytes == 0 {
		entry.Content = &atomContent{"html", directed(p)}
	}
	if p.Link != "" {
		entry.Links = append(entry.Links, atomLink{Rel: "related", Href: p.Link})
	}
	for _, tag := range p.Tags {
		entry.Categories = append(entry.Categories, atomCategory{tag})
	}
	if p.Author != "" {
		entry.Author = &atomAuthor{p.Author}
	}
	return entry
}

// directed returns the HTML of a post with its direction, for which Atom has no attribute.
func directed(p post.Post) string {
	if p.Direction != "rtl" || p.HTML == "" {
		return p.HTML
	}
	return "<div dir=\"rtl\">\n" + p.HTML + "</div>\n"
}

// summaryOf returns the summary of a post: as text, unless that has another direction than the post.
func summaryOf(p post.Post) *atomContent {
	direction := language.Within(p.Summary, p.Direction)
	if direction == p.Direction {
		return &atomContent{"text", p.Summary}
	}
	return &atomContent{"html", "<p dir=\"" + direction + "\">" + html.EscapeString(p.Summary) + "</p>"}
}

// feedNamespace keeps the IDs of feeds apart from all other name-based UUIDs (RFC 9562 section 5.5).
var feedNamespace = uuid.MustParse("9d5c4c1e-6a0f-4f0e-9a4b-6f7d0b0c6a51")

// feedID returns an ID derived from what never changes of a blog or a post. The address can change, so it is not part of
// the ID: feed readers would show all posts as new.
func feedID(parts ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(feedNamespace, fmt.Appendf(nil, "%q", parts)).String()
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
