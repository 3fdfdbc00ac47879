package reader

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"net/http"
	"strconv"

	"github.com/google/uuid"

	"github.com/echoblogs/echoblogs/internal/blog/feed"
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

// feed returns the page that is the feed of the blog in a format.
func (rd *Reader) feed(format feed.Format) page {
	return func(w http.ResponseWriter, r *request) error {
		return rd.sendFeed(w, r, format, func(ctx context.Context, db postgres.Querier) (feed.Feed, error) {
			latest, err := rd.latest(r, func(maxHTML int) ([]post.Post, error) { return r.posts().Latest(ctx, db, r.now, feedSize, maxHTML) })
			return r.newFeed(latest), err
		})
	}
}

// sendFeed sends the feed that read returns. The address of the feed is that of its page, and the name of its file.
func (rd *Reader) sendFeed(w http.ResponseWriter, r *request, format feed.Format, read func(context.Context, postgres.Querier) (feed.Feed, error)) error {
	var encoded []byte
	err := rd.query(r, rd.queueFrame(r, ""), func(ctx context.Context, db postgres.Querier) error {
		f, err := read(ctx, db)
		if err != nil {
			return err
		}
		f.Self = f.Home + format.File
		encoded, err = format.Encode(&f)
		return err
	})
	if err != nil {
		return err
	}
	return rd.send(w, r, format.Type+"; charset=utf-8", encoded)
}

// latest returns the posts of a feed that read returns, which has the HTML of some of them, maxHTML bytes in all: none, if the owner
// wants excerpts.
func (rd *Reader) latest(r *request, read func(maxHTML int) ([]post.Post, error)) (latest []post.Post, err error) {
	err = rd.withShape(r, func(s shape) error {
		maxHTML := feedHTML
		if s.excerpts {
			maxHTML = 0
		}
		latest, err = read(maxHTML)
		return err
	})
	return latest, err
}

// newFeed returns the feed of the blog, apart from its own address.
func (r *request) newFeed(latest []post.Post) feed.Feed {
	t, set := r.tenant, &r.settings
	f := feed.Feed{
		ID: feedID(t.Name), Title: t.DisplayName, Description: set.Tagline, Language: set.Language, Home: t.Origin + "/",
		Author: cmp.Or(set.Author, t.DisplayName), // for entries without an author
	}
	for _, p := range latest {
		e := r.newFeedEntry(p)
		if e.Updated.After(f.Updated) {
			f.Updated = e.Updated
		}
		f.Entries = append(f.Entries, e)
	}
	if len(latest) == 0 {
		f.Updated = t.CreatedAt
	}
	return f
}

func (r *request) newFeedEntry(p post.Post) feed.Entry {
	r.markUp(&p.Entry)
	e := feed.Entry{
		ID:      feedID(r.tenant.Name, strconv.FormatInt(p.ID, 10), strconv.FormatInt(p.CreatedAt.UnixMicro(), 10)),
		Address: r.tenant.Origin + site.PostPath(p.Slug), Link: p.Link, Image: r.absolute(p.Cover),
		Title: r.nameOf(p.Entry), Author: p.Author, Summary: p.Summary, Language: p.Language, Tags: p.Tags,
		SummaryHTML: directedSummary(p), HTML: directed(p), Whole: p.HTML != "" || p.HTMLBytes == 0, Published: p.PublishedAt, Updated: p.UpdatedAt,
	}
	// A post that was last changed before its publication is new from its publication on.
	if p.PublishedAt.After(p.UpdatedAt) {
		e.Updated = p.PublishedAt
	}
	return e
}

// directed returns the HTML of a post with its direction, for which feeds have no attribute.
func directed(p post.Post) string {
	if p.Direction != "rtl" || p.HTML == "" {
		return p.HTML
	}
	return "<div dir=\"rtl\">\n" + p.HTML + "</div>\n"
}

// directedSummary returns the summary of a post as HTML, if it has another direction than the post.
func directedSummary(p post.Post) string {
	direction := language.Within(p.Summary, p.Direction)
	if direction == p.Direction || p.Summary == "" {
		return ""
	}
	return "<p dir=\"" + direction + "\">" + html.EscapeString(p.Summary) + "</p>"
}

// feedNamespace keeps the IDs of feeds apart from all other name-based UUIDs (RFC 9562 section 5.5).
var feedNamespace = uuid.MustParse("9d5c4c1e-6a0f-4f0e-9a4b-6f7d0b0c6a51")

// feedID returns an ID derived from what never changes of a blog or a post. The address can change, so it is not part of
// the ID: feed readers would show all posts as new.
func feedID(parts ...string) string {
	return "urn:uuid:" + uuid.NewSHA1(feedNamespace, fmt.Appendf(nil, "%q", parts)).String()
}
