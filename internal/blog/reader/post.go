package reader

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/echoblogs/echoblogs/internal/blog/article"
	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// smallPost is the size of the HTML of a post, in bytes, up to which it is read at once. Most posts have about 10 kB. Memory
// for larger ones is reserved before they are read.
const smallPost = 128 << 10

func (rd *Reader) post(w http.ResponseWriter, r *request) error {
	slug := r.PathValue("slug")
	if !post.IsSlug(slug) { // the database refuses text with a NUL
		return rd.notFound(w, r)
	}
	frame := rd.queueFrame(r, r.session())
	queue := func(batch *postgres.Batch) {
		frame(batch)
		r.posts().QueueNeighbors(batch, r.now, slug, &r.beside)
	}
	page, err := rd.readPost(r, queue, func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error) {
		found, err := r.posts().BySlug(ctx, db, r.now, slug, maxHTML)
		if err == nil {
			found.CoverPicture, err = r.posts().FindPicture(ctx, db, found.Cover)
		}
		if err != nil {
			return web.Page{}, post.Post{}, err
		}
		frame := r.postPage(&found)
		if r.unlisted = found.Unlisted; r.unlisted {
			frame.NoIndex = true
		}
		if r.username != "" {
			frame.OwnerLinks = slices.Insert(frame.OwnerLinks, 1, web.Link{Address: site.EditPath(found.Slug), Text: "Edit"})
		}
		return frame, found, nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// readPost returns the page of a post. queue is that of query. find leaves the HTML of the post out if that is larger than maxHTML bytes.
func (rd *Reader) readPost(r *request, queue func(*postgres.Batch),
	find func(ctx context.Context, db postgres.Querier, maxHTML int) (web.Page, post.Post, error),
) (page *web.HTMLWriter, err error) {
	read := func(maxHTML int) (size int, err error) {
		err = rd.query(r, queue, func(ctx context.Context, db postgres.Querier) error {
			frame, found, err := find(ctx, db, maxHTML)
			if err == nil && found.HTMLBytes <= maxHTML {
				page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter { return r.writePost(m, frame, found) })
			}
			size = found.HTMLBytes
			return err
		})
		return size, err
	}
	size, err := read(smallPost)
	if err != nil || page != nil {
		return page, err
	}
	release, err := rd.inFlight.Reserve(r.tenant.ID, 2*int64(size)) // for the row as it is received, and for its HTML
	if err != nil {
		return nil, err
	}
	defer release()
	if _, err = read(size); err == nil && page == nil {
		err = site.ErrBusy // it has grown meanwhile
	}
	return page, err
}

// postPage returns the layout of the page of a post, and completes the language of the post.
func (r *request) postPage(p *post.Post) web.Page {
	r.markUp(&p.Entry)
	page := r.page(r.nameOf(p.Entry))
	page.Description = cmp.Or(p.Description, p.Summary)
	page.Canonical = cmp.Or(p.CanonicalURL, r.tenant.Origin+site.PostPath(p.Slug))
	page.Preview = &web.LinkPreview{Type: "article", Image: r.absolute(p.Cover), ImageAlt: p.CoverAlt, PublishedAt: p.PublishedAt}
	return page
}

// writePost writes a post.
func (r *request) writePost(m web.HTMLWriter, page web.Page, p post.Post) web.HTMLWriter {
	if r.settings.TableOfContents {
		p.HTML = string(tableOfContents(p.HTML)) + p.HTML
	}
	m = article.Write(m, p, article.Dates{Zone: r.zone(), Layout: r.theme().Date})
	return r.writeAfter(r.writePosting(m, page, p), page, p)
}
