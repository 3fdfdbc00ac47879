package reader

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// sitemapSize is how many addresses a sitemap can have (https://www.sitemaps.org/protocol.html).
	sitemapSize = 50_000
	// maxParts is how many sitemaps an index names at most.
	maxParts = 50_000
	// sitemapEntry is about how many bytes an address takes.
	sitemapEntry = 160
	// sitemapPath is the sitemap, or the index of the parts of a large one, and sitemapParts begins their paths.
	sitemapPath, sitemapParts = "/sitemap.xml", "/sitemap/"
	sitemapSpace              = "http://www.sitemaps.org/schemas/sitemap/0.9"
)

// sitemap lists the pages of the blog for search engines: the home page, posts and pages. A blog with more than one sitemap can have has an
// index.
func (rd *Reader) sitemap(w http.ResponseWriter, r *request) error {
	return rd.sendSitemap(w, r, func(count int) (part int, index []byte) {
		parts := (count + 1 + sitemapSize - 1) / sitemapSize // with the home page
		if parts == 1 {
			return 0, nil
		}
		m := web.HTMLWriter(xml.Header).HTML("<sitemapindex xmlns=\"" + sitemapSpace + "\">\n")
		for i := range parts {
			m = m.HTML("<sitemap><loc>").Text(r.tenant.Origin + sitemapParts + strconv.Itoa(i+1) + ".xml").HTML("</loc></sitemap>\n")
		}
		return 0, m.HTML("</sitemapindex>\n")
	})
}

// sitemapPart lists some of the pages.
func (rd *Reader) sitemapPart(w http.ResponseWriter, r *request) error {
	part, err := strconv.Atoi(strings.TrimSuffix(r.PathValue("file"), ".xml"))
	if err != nil || part < 1 || part > maxParts || strconv.Itoa(part)+".xml" != r.PathValue("file") {
		return post.ErrNotFound
	}
	return rd.sendSitemap(w, r, func(int) (int, []byte) { return part - 1, nil })
}

// sendSitemap sends a part of the sitemap, or the index that choose returns, which gets the number of posts and pages. A blog that is hidden
// from search engines has none.
func (rd *Reader) sendSitemap(w http.ResponseWriter, r *request, choose func(count int) (part int, index []byte)) error {
	var body []byte
	err := rd.query(r, rd.queueFrame(r, ""), func(ctx context.Context, db postgres.Querier) error {
		count, err := r.posts().CountVisible(ctx, db, r.now)
		if err != nil {
			return err
		}
		part, index := choose(count)
		// The first part has the home page, too.
		limit, offset := sitemapSize, part*sitemapSize-1
		if part == 0 {
			limit, offset = sitemapSize-1, 0
		}
		switch {
		case r.settings.Hidden, part > 0 && offset >= count:
			return post.ErrNotFound
		case index != nil:
			body = index
			return nil
		}
		release, err := rd.inFlight.Reserve(r.tenant.ID, int64(min(limit, count-offset)*sitemapEntry))
		if err != nil {
			return err
		}
		defer release() // send reserves what it has become
		m := web.HTMLWriter(xml.Header).HTML("<urlset xmlns=\"" + sitemapSpace + "\">\n")
		if part == 0 {
			m = m.HTML("<url><loc>").Text(r.tenant.Origin).HTML("/</loc></url>\n")
		}
		err = r.posts().EachVisible(ctx, db, r.now, limit, offset, func(slug string, changed time.Time) {
			m = m.HTML("<url><loc>").Text(r.tenant.Origin + site.PostPath(slug)).HTML("</loc><lastmod>").Text(changed.UTC().Format(time.RFC3339)).HTML("</lastmod></url>\n")
		})
		body = m.HTML("</urlset>\n")
		return err
	})
	if err != nil {
		return err
	}
	return rd.send(w, r, "application/xml; charset=utf-8", body)
}
