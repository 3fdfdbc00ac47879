package web_test

import (
	"html/template"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/web"
)

type benchPost struct {
	Path, Title, Summary string
	At                   time.Time
}

// BenchmarkIndexPage writes the list of ten posts with HTMLWriter and with html/template.
func BenchmarkIndexPage(b *testing.B) {
	posts := make([]benchPost, 10)
	for i := range posts {
		posts[i] = benchPost{
			Path: "/first-frost/", Title: "First frost & last tomatoes", At: time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC),
			Summary: strings.Repeat("The first frost came early this year, and the garden was not ready. ", 4),
		}
	}
	b.Run("HTMLWriter", func(b *testing.B) {
		b.ReportAllocs()
		var page web.HTMLWriter
		for b.Loop() {
			page = page[:0].HTML("<ol>\n")
			for _, post := range posts {
				page = page.HTML(`<li><h2><a href="`).Text(post.Path).HTML(`">`).Text(post.Title).HTML("</a></h2>\n")
				page = page.HTML("<p>").Text(post.Summary).HTML("</p>\n<p>").Day(post.At, time.UTC).HTML("</p></li>\n")
			}
			page = page.HTML("</ol>\n")
		}
	})
	b.Run("html-template", func(b *testing.B) {
		b.ReportAllocs()
		parsed := template.Must(template.New("").Funcs(template.FuncMap{"day": web.Day, "stamp": func(t time.Time) string { return t.Format(time.RFC3339) }}).
			Parse(`<ol>
{{range .}}<li><h2><a href="{{.Path}}">{{.Title}}</a></h2>
<p>{{.Summary}}</p>
<p><time datetime="{{stamp .At}}">{{day .At}}</time></p></li>
{{end}}</ol>
`))
		for b.Loop() {
			if err := parsed.Execute(io.Discard, posts); err != nil {
				b.Fatal(err)
			}
		}
	})
}
