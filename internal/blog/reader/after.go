package reader

import (
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

// writeAfter writes what follows a post: the older and the newer one, and what a reader can do next.
func (r *request) writeAfter(m web.HTMLWriter, page web.Page, p post.Post) web.HTMLWriter {
	m = m.HTML("<div class=\"after\">\n")
	if r.beside.Older.Slug != "" || r.beside.Newer.Slug != "" {
		m = page.English(m.HTML("<nav class=\"pair\" aria-label=\"Older and newer posts\"")).HTML(">\n")
		if r.beside.Older.Slug != "" {
			m = r.writeBeside(m.HTML("<p>Older: <a rel=\"prev\" href=\""), r.beside.Older)
		}
		if r.beside.Newer.Slug != "" {
			m = r.writeBeside(m.HTML("<p>Newer: <a rel=\"next\" href=\""), r.beside.Newer)
		}
		m = m.HTML("</nav>\n")
	}
	m = page.English(m.HTML("<nav class=\"pages\" aria-label=\"Pages\"")).HTML("><a href=\"/\">All posts</a>\n")
	if to := r.settings.ReplyTo; to != "" {
		m = m.HTML("<a href=\"").Text(replyAddress(to, r.nameOf(p.Entry))).HTML("\">Reply by email</a>\n")
	}
	return m.HTML("<a href=\"").Text(site.SubscribePath).HTML("\">Subscribe</a>\n</nav>\n</div>\n")
}

func (r *request) writeBeside(m web.HTMLWriter, e post.Entry) web.HTMLWriter {
	r.markUp(&e)
	m = m.Text(site.PostPath(e.Slug)).HTML("\"><bdi lang=\"").Text(e.Language).HTML("\">").Text(r.nameOf(e))
	return m.HTML("</bdi></a></p>\n")
}

// replyAddress returns the address of an email about a post (RFC 6068).
func replyAddress(to, name string) string {
	return "mailto:" + url.PathEscape(to) + "?subject=" + strings.ReplaceAll(url.QueryEscape("Re: "+name), "+", "%20")
}
