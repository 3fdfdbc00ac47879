package reader

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// archiveSize is how many posts a page of the archive has.
const archiveSize = 100

// archive shows the years of the blog, and the newest posts.
func (rd *Reader) archive(w http.ResponseWriter, r *request) error {
	var page *web.HTMLWriter
	err := rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		entries, err := r.posts().ListBetween(ctx, db, r.now, time.Time{}, r.now.AddDate(1, 0, 0), archiveSize, 0)
		if err != nil {
			return err
		}
		years, err := r.posts().ListYears(ctx, db, r.now, r.zone())
		if err != nil {
			return err
		}
		frame := r.page("Archive")
		frame.Canonical = r.tenant.Origin + site.ArchivePath
		page = rd.write(frame, func(m web.HTMLWriter) web.HTMLWriter {
			m = frame.English(m.HTML("<div class=\"column\">\n<h1")).HTML(">Archive</h1>\n")
			if len(entries) == 0 {
				return r.writeEmpty(m, frame).HTML("</div>\n")
			}
			return r.writeEntries(writeYears(m, frame, years), entries).HTML("</div>\n")
		})
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

func writeYears(m web.HTMLWriter, page web.Page, years []post.YearCount) web.HTMLWriter {
	m = page.English(m.HTML("<nav aria-label=\"Years\"")).HTML(">\n<ul class=\"counts\">\n")
	for _, y := range years {
		m = m.HTML("<li><a href=\"").Text(site.YearPath(y.Year)).HTML("\">").Text(strconv.Itoa(y.Year)).HTML("</a> ")
		m = m.Text(strconv.Itoa(y.Posts)).HTML("</li>\n")
	}
	return m.HTML("</ul>\n<p><a href=\"").Text(site.TagsPath).HTML("\">All tags</a></p>\n</nav>\n")
}

func (rd *Reader) year(w http.ResponseWriter, r *request) error { return rd.ofYear(w, r, 1) }

func (rd *Reader) numberedYear(w http.ResponseWriter, r *request) error {
	return rd.numbered(w, r, site.ArchivePath+r.PathValue("year")+"/", func(number int) error { return rd.ofYear(w, r, number) })
}

// ofYear shows one page of the posts of a year, by the clock of the blog.
func (rd *Reader) ofYear(w http.ResponseWriter, r *request, number int) error {
	year, err := strconv.Atoi(r.PathValue("year"))
	if err != nil || year < 1 || year > 9999 || strconv.Itoa(year) != r.PathValue("year") {
		return rd.notFound(w, r)
	}
	var page *web.HTMLWriter
	err = rd.query(r, rd.queueFrame(r, r.session()), func(ctx context.Context, db postgres.Querier) error {
		// The zone is known when the settings have been read, which the first statement does.
		var entries []post.Entry
		for zone := (*time.Location)(nil); zone != r.zone(); {
			zone = r.zone()
			from, until := time.Date(year, 1, 1, 0, 0, 0, 0, zone), time.Date(year+1, 1, 1, 0, 0, 0, 0, zone)
			entries, err = r.posts().ListBetween(ctx, db, r.now, from, until, archiveSize+1, (number-1)*archiveSize)
			if err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return post.ErrNotFound
		}
		page = rd.writeYear(r, year, number, entries)
		return nil
	})
	if err != nil {
		return err
	}
	return rd.sendPage(w, r, page)
}

// writeYear writes a page with the first entries, as many as a page has.
func (rd *Reader) writeYear(r *request, year, number int, entries []post.Entry) *web.HTMLWriter {
	base := site.YearPath(year)
	page := r.page("Posts of " + strconv.Itoa(year))
	page.Canonical = r.tenant.Origin + pagePath(base, number)
	return rd.write(page, func(m web.HTMLWriter) web.HTMLWriter {
		m = page.English(m.HTML("<div class=\"column\">\n<h1")).HTML(">").Text(page.Title)
		if number > 1 {
			m = m.HTML(", page ").Text(strconv.Itoa(number))
		}
		m = r.writeEntries(m.HTML("</h1>\n"), entries[:min(len(entries), archiveSize)])
		m = writePageLinks(m, page, base, number, len(entries) > archiveSize)
		return page.English(m.HTML("<p class=\"aside\"")).HTML("><a href=\"").Text(site.ArchivePath).HTML("\">All years</a></p>\n</div>\n")
	})
}
