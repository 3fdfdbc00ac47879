package reader

import (
	"context"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/feed"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// subscribe explains what feeds are, and how to follow the blog.
func (rd *Reader) subscribe(w http.ResponseWriter, r *request) error {
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		latest, err := r.posts().ListBetween(ctx, db, r.now, time.Time{}, r.now.AddDate(1, 0, 0), 1, 0)
		if err != nil {
			return err
		}
		frame := r.page("Subscribe")
		frame.Canonical = r.tenant.Origin + site.SubscribePath
		page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter { return r.writeSubscribe(m, frame, latest) })
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

func (r *request) writeSubscribe(m web.HTMLWriter, page web.Page, latest []post.Entry) web.HTMLWriter {
	m = page.English(m.HTML("<div class=\"column\"")).HTML(">\n<h1>Subscribe</h1>\n<p>A feed reader is a program that shows you what is new on the blogs that " +
		"you follow. It needs no account here, and nobody learns your email address. Give your feed reader the address of this blog:</p>\n<p><code>")
	m = m.Text(r.tenant.Origin).HTML("/</code></p>\n")
	for _, e := range latest {
		m = m.HTML("<p>The latest post is from ").Day(e.PublishedAt, r.zone()).HTML(".</p>\n")
	}
	m = m.HTML("<h2>The addresses of the feeds</h2>\n<p>If your feed reader does not find the feed by itself, give it one of these addresses. All have ")
	if r.settings.ExcerptsInFeed {
		m = m.HTML("the beginnings of the latest posts.</p>\n<ul>\n")
	} else {
		m = m.HTML("the latest posts.</p>\n<ul>\n")
	}
	for _, format := range feed.Formats {
		m = m.HTML("<li><a href=\"/").Text(format.File).HTML("\">").Text(format.Name).HTML("</a>: <code>").Text(r.tenant.Origin + "/" + format.File).HTML("</code></li>\n")
	}
	m = m.HTML("</ul>\n<p>Each <a href=\"").Text(site.TagsPath).HTML("\">tag</a> has feeds of its own.</p>\n")
	return m.HTML("<h2>If you have no feed reader</h2>\n<p>There are free ones for every device, such as NetNewsWire for Apple’s, Feeder for Android and " +
		"Thunderbird for computers.</p>\n</div>\n")
}
