package reader

import (
	"context"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/blog/feed"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// maxTags is how many tags the list of tags has.
const maxTags = 500

// allTags redirects the start of the paths of tags to their list.
func (rd *Reader) allTags(w http.ResponseWriter, r *request) error {
	web.Move(w, r.received, site.TagsPath)
	return nil
}

// tags shows the tags of the blog.
func (rd *Reader) tags(w http.ResponseWriter, r *request) error {
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		tags, err := r.posts().ListPublishedTags(ctx, db, r.now, maxTags)
		if err != nil {
			return err
		}
		frame := r.page("Tags")
		frame.Canonical = r.tenant.Origin + site.TagsPath
		page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter { return writeTags(m, frame, tags) })
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

func writeTags(m web.HTMLWriter, page web.Page, tags []post.TagCount) web.HTMLWriter {
	m = page.English(m.HTML("<div class=\"column\">\n<h1")).HTML(">Tags</h1>\n")
	if len(tags) == 0 {
		return page.English(m.HTML("<p")).HTML(">No post has a tag yet.</p>\n</div>\n")
	}
	m = m.HTML("<ul class=\"counts\">\n")
	for _, t := range tags {
		m = m.HTML("<li><a href=\"").Text(site.TagPath(t.Tag)).HTML("\" rel=\"tag\"><bdi lang=\"\">").Text(t.Tag).HTML("</bdi></a> ")
		m = m.Text(strconv.FormatInt(t.Posts, 10)).HTML("</li>\n")
	}
	return m.HTML("</ul>\n</div>\n")
}

func (rd *Reader) tag(w http.ResponseWriter, r *request) error { return rd.tagged(w, r, 1) }

func (rd *Reader) numberedTag(w http.ResponseWriter, r *request) error {
	return rd.numbered(w, r, "/tag/"+r.PathValue("tag")+"/", func(number int) error { return rd.tagged(w, r, number) })
}

// tagged shows one page of the posts with a tag. Its canonical address has the tag in lower case; other spellings show the same.
func (rd *Reader) tagged(w http.ResponseWriter, r *request, number int) error {
	tag := r.PathValue("tag")
	if !post.IsTag(tag) {
		return rd.notFound(w, r)
	}
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		var entries []post.Entry
		spelled := tag
		err := rd.withShape(r, func(s shape) (err error) {
			entries, spelled, err = r.posts().ListTagged(ctx, db, r.now, tag, s.pageSize+1, (number-1)*s.pageSize)
			return err
		})
		switch {
		case err != nil:
			return err
		case len(entries) == 0:
			return post.ErrNotFound
		}
		page = rd.writeTagged(r, spelled, number, entries)
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// writeTagged writes a page with the first entries, as writeIndex does.
func (rd *Reader) writeTagged(r *request, tag string, number int, entries []post.Entry) *web.HTMLWriter {
	base, size := site.TagPath(tag), r.settings.PageSize()
	page := r.page("Tag: " + tag)
	page.Canonical = r.tenant.Origin + pagePath(base, number)
	page.Preview = &web.LinkPreview{Type: "website"}
	page.Feeds = append(site.Feeds(base, r.tagTitle(tag)), page.Feeds...)
	return rd.write(page, func(m web.HTMLWriter) web.HTMLWriter {
		m = page.English(m.HTML("<div class=\"column\">\n<h1")).HTML(">Tag: <bdi lang=\"\">").Text(tag).HTML("</bdi>")
		if number > 1 {
			m = m.HTML(", page ").Text(strconv.Itoa(number))
		}
		m = r.writeEntries(m.HTML("</h1>\n"), entries[:min(len(entries), size)])
		m = writePageLinks(m, page, base, number, len(entries) > size)
		m = page.English(m.HTML("<p class=\"aside\"")).HTML("><a href=\"").Text(base + feed.Formats[0].File).HTML("\">Feed of this tag</a> · <a href=\"")
		return m.Text(site.TagsPath).HTML("\">All tags</a></p>\n</div>\n")
	})
}

// tagTitle names the posts with a tag outside of the blog.
func (r *request) tagTitle(tag string) string { return r.tenant.DisplayName + " · " + tag }

// tagFeed returns the page that is the feed of a tag in a format. It exists as long as a post has the tag.
func (rd *Reader) tagFeed(format feed.Format) page {
	return func(w http.ResponseWriter, r *request) error {
		tag := r.PathValue("tag")
		if !post.IsTag(tag) {
			return post.ErrNotFound
		}
		return rd.sendFeed(w, r, format, func(ctx context.Context, db postgres.Querier) (f feed.Feed, err error) {
			latest, err := rd.latest(r, func(maxHTML int) ([]post.Post, error) {
				return r.posts().LatestTagged(ctx, db, r.now, tag, feedSize, maxHTML)
			})
			switch {
			case err != nil:
				return f, err
			case len(latest) == 0:
				return f, post.ErrNotFound
			}
			f = r.newFeed(latest)
			f.ID, f.Title, f.Home = feedID(r.tenant.Name, "tag", post.TagKey(tag)), r.tagTitle(post.TagKey(tag)), r.tenant.Origin+site.TagPath(tag)
			return f, nil
		})
	}
}
