package blog

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

const (
	// feedPath is where the Atom feed is.
	feedPath = "/feed.xml"
	// feedSize is the number of posts in it.
	feedSize = 20
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
		ID        string      `xml:"id"`
		Title     string      `xml:"title"`
		Link      atomLink    `xml:"link"`
		Published string      `xml:"published"`
		Updated   string      `xml:"updated"`
		Author    *atomAuthor `xml:"author,omitempty"`
		Summary   string      `xml:"summary,omitempty"`
		Content   atomContent `xml:"content"`
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

func (s *site) feed(w http.ResponseWriter, r *http.Request, t *tenant) error {
	ctx, cancel := statementContext(r)
	defer cancel()
	latest, err := t.posts().Latest(ctx, s.pool, s.now(), feedSize)
	if err != nil {
		return err
	}
	feed, err := xml.Marshal(newFeed(t, latest))
	if err != nil {
		return fmt.Errorf("write the feed: %w", err)
	}
	s.send(w, r, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), feed...))
	return nil
}

func newFeed(t *tenant, latest []post.Post) atomFeed {
	feed := atomFeed{
		Base:   t.origin + "/", // links within posts may be relative
		ID:     feedID(t.Name),
		Title:  t.DisplayName,
		Author: atomAuthor{t.DisplayName}, // for entries that have none
		Links: []atomLink{
			{"self", "application/atom+xml", t.origin + feedPath},
			{"alternate", "text/html", t.origin + "/"},
		},
	}
	var updated time.Time
	for _, post := range latest {
		// A post that was written before it came out is new when it comes out.
		changed := post.UpdatedAt
		if post.PublishedAt.After(changed) {
			changed = post.PublishedAt
		}
		if changed.After(updated) {
			updated = changed
		}
		feed.Entries = append(feed.Entries, newFeedEntry(t, post, changed))
	}
	feed.Updated = atomTime(updated)
	return feed
}

func newFeedEntry(t *tenant, post post.Post, changed time.Time) atomEntry {
	entry := atomEntry{
		ID:        feedID(t.Name, strconv.FormatInt(post.ID, 10), strconv.FormatInt(post.CreatedAt.UnixMicro(), 10)),
		Title:     post.Title,
		Link:      atomLink{"alternate", "text/html", t.origin + "/" + post.Slug + "/"},
		Published: atomTime(post.PublishedAt),
		Updated:   atomTime(changed),
		Summary:   post.Summary,
		Content:   atomContent{"html", post.HTML},
	}
	if post.Author != "" {
		entry.Author = &atomAuthor{post.Author}
	}
	return entry
}

// feedNamespace makes the ids of feeds differ from all others that are made from names (RFC 9562 section 5.5).
var feedNamespace = uuid.MustParse("9d5c4c1e-6a0f-4f0e-9a4b-6f7d0b0c6a51")

// feedID makes an id from what never changes of a blog or post. It does not hold the address, which may change: feed
// readers would show all posts anew.
func feedID(parts ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(feedNamespace, fmt.Appendf(nil, "%q", parts)).String()
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
