package reader

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
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
		XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
		Base    string      `xml:"xml:base,attr"`
		ID      string      `xml:"id"`
		Title   string      `xml:"title"`
		Updated string      `xml:"updated"`
		Author  atomAuthor  `xml:"author"`
		Links   []atomLink  `xml:"link"`
		Entries []atomEntry `xml:"entry"`
	}
	atomEntry struct {
		Base      string       `xml:"xml:base,attr"`
		ID        string       `xml:"id"`
		Title     string       `xml:"title"`
		Link      atomLink     `xml:"link"`
		Published string       `xml:"published"`
		Updated   string       `xml:"updated"`
		Author    *atomAuthor  `xml:"author,omitempty"`
		Summary   string       `xml:"summary,omitempty"`
		Content   *atomContent `xml:"content"`
	}
	atomAuthor struct {
		Name string `xml:"name"`
	}
	atomLink struct {
		Rel  string `xml:"rel,attr"`
		Type string `xml:"type,attr"`
		Href string `xml:"href,attr"`
	}
	atomContent struct {
		Type string `xml:"type,attr"`
		HTML string `xml:",chardata"`
	}
)

func (rd *Reader) feed(w http.ResponseWriter, r *http.Request, t *directory.Tenant) error {
	feed := bytes.NewBufferString(xml.Header)
	err := rd.query(r, t, func(ctx context.Context, db postgres.Querier) error {
		latest, err := post.NewStore(t.SchemaName).Latest(ctx, db, rd.Now(), feedSize, feedHTML)
		if err != nil {
			return err
		}
		if err := xml.NewEncoder(feed).Encode(newFeed(t, latest)); err != nil {
			return fmt.Errorf("encode the feed: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return rd.send(w, r, t, "application/atom+xml; charset=utf-8", feed.Bytes())
}

func newFeed(t *directory.Tenant, latest []post.Post) atomFeed {
	feed := atomFeed{
		Base:   t.Origin + "/",
		ID:     feedID(t.Name),
		Title:  t.DisplayName,
		Author: atomAuthor{t.DisplayName}, // for entries without an author
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
		feed.Entries = append(feed.Entries, newFeedEntry(t, p, changed))
	}
	if len(latest) == 0 {
		updated = t.CreatedAt
	}
	feed.Updated = atomTime(updated)
	return feed
}

func newFeedEntry(t *directory.Tenant, p post.Post, changed time.Time) atomEntry {
	address := t.Origin + site.PostPath(p.Slug)
	entry := atomEntry{
		Base:      address, // links in a post can be relative to it
		ID:        feedID(t.Name, strconv.FormatInt(p.ID, 10), strconv.FormatInt(p.CreatedAt.UnixMicro(), 10)),
		Title:     nameOf(p.Entry),
		Link:      atomLink{"alternate", "text/html", address},
		Published: atomTime(p.PublishedAt),
		Updated:   atomTime(changed),
		Summary:   p.Summary,
	}
	// Without content, RFC 4287 section 4.1.2 requires a link to the post, which all entries have.
	if p.HTML != "" || p.HTMLBytes == 0 {
		entry.Content = &atomContent{"html", p.HTML}
	}
	if p.Author != "" {
		entry.Author = &atomAuthor{p.Author}
	}
	return entry
}

// feedNamespace keeps the IDs of feeds apart from all other name-based UUIDs (RFC 9562 section 5.5).
var feedNamespace = uuid.MustParse("9d5c4c1e-6a0f-4f0e-9a4b-6f7d0b0c6a51")

// feedID returns an ID derived from what never changes of a blog or a post. The address can change, so it is not part of
// the ID: feed readers would show all posts as new.
func feedID(parts ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(feedNamespace, fmt.Appendf(nil, "%q", parts)).String()
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
