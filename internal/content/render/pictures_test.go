package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

// findPicture knows one picture in several sizes, and one in one.
func findPicture(address string) (render.Picture, bool) {
	switch address {
	case "/media/a.jpg":
		return render.Picture{Width: 1200, Height: 800, SourceSet: "/media/a-480.jpg 480w, /media/a.jpg 1200w"}, true
	case "/media/b.png":
		return render.Picture{Width: 40, Height: 30}, true
	}
	return render.Picture{}, false
}

func TestShowPictures(t *testing.T) {
	t.Parallel()
	const set = ` srcset="/media/a-480.jpg 480w, /media/a.jpg 1200w"`
	size := func(sizes string) string { return ` width="1200" height="800"` + set + ` sizes="` + sizes + `"` }
	for name, test := range map[string]struct{ markdown, want string }{
		"none":     {"a ![](/c.jpg) ![](/media/none.jpg)", "<p>a <img src=\"/c.jpg\" alt=\"\"> <img src=\"/media/none.jpg\" alt=\"\" loading=\"lazy\"></p>\n"},
		"text":     {"![x](/media/a.jpg)", `<figure><img src="/media/a.jpg" alt="x"` + size("(min-width: 43rem) 40rem, 100vw") + "></figure>\n"},
		"wide":     {"![](/media/a.jpg#wide)", `<figure class="wide"><img src="/media/a.jpg#wide" alt=""` + size("(min-width: 59rem) 56rem, 100vw") + "></figure>\n"},
		"full":     {"![](/media/a.jpg#full)", `<figure class="full"><img src="/media/a.jpg#full" alt=""` + size("100vw") + "></figure>\n"},
		"one size": {"![](/media/b.png)", `<figure><img src="/media/b.png" alt="" width="40" height="30"></figure>` + "\n"},
		"pair, and the text after it": {"![](/media/b.png) ![](/media/a.jpg)\n\na ![](/media/a.jpg?v=1)", `<figure class="pair"><img src="/media/b.png" alt="" width="40" height="30">` +
			`<img src="/media/a.jpg" alt="" loading="lazy"` + size("(min-width: 43rem) 20rem, 50vw") + ` decoding="async"></figure>` + "\n" +
			`<p>a <img src="/media/a.jpg?v=1" alt="" loading="lazy"` + size("(min-width: 43rem) 40rem, 100vw") + ` decoding="async"></p>` + "\n"},
		"HTML":              {"a <img src=/c.jpg> <img src=/media/b.png>", `<p>a <img src="/c.jpg"> <img src="/media/b.png" width="40" height="30" loading="lazy" decoding="async"></p>` + "\n"},
		"the author's size": {"a <img src=/media/a.jpg width=200>", `<p>a <img src="/media/a.jpg" width="200"` + set + ` sizes="200px"></p>` + "\n"},
		"in text":           {"`<img src=\"/media/a.jpg\">` and ![<img src=\"/media/a.jpg\">](/c.jpg)", `<p><code>&lt;img src=&#34;/media/a.jpg&#34;&gt;</code> and <img src="/c.jpg" alt=""></p>` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, render.ShowPictures(markdown(t, test.markdown).HTML, findPicture)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.markdown, diff)
			}
		})
	}
}

// A picture that is repeated does not make the HTML larger than that of a post may be.
func TestShowPicturesIsBounded(t *testing.T) {
	t.Parallel()
	image := `<img src="/media/a.jpg" alt="` + strings.Repeat("x", 4000) + `">`
	sanitized := strings.Repeat(image, render.MaxHTMLBytes/len(image))
	shown := render.ShowPictures(sanitized, findPicture)
	if len(shown) > render.MaxHTMLBytes || !strings.Contains(shown, "srcset") || strings.Count(shown, "<img ") != strings.Count(sanitized, "<img ") {
		t.Errorf("%d bytes of HTML become %d", len(sanitized), len(shown))
	}
	if shown = render.ShowPictures(strings.Repeat(`<img src="/media/a.jpg">`, 5000), findPicture); strings.Count(shown, "srcset") != 1000 {
		t.Errorf("%d images are completed", strings.Count(shown, "srcset"))
	}
	for _, broken := range []string{"", "<", "<img", "a < b", `<img src="/media/a.jpg"`} {
		if got := render.ShowPictures(broken, findPicture); got != broken {
			t.Errorf("%q becomes %q", broken, got)
		}
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	source := "![](/media/a.jpg#wide) [b](/media/b.pdf?c)\n[a]( /media/a.jpg)\n\n> <p>\n> <img src='/media/c.png'> <a href=/media/d.pdf>d</a>\n\n" +
		"![](/media/a.jpg) ![](/other/e.jpg) ![](https://example.com/media/f.jpg)\n\n[g][g]\n\n[g]: /media/" + strings.Repeat("g", 100) + "\n\n`![](/media/h.jpg)`"
	rendered, err := render.Markdown(source, render.Options{Uploads: "/media/"})
	if err != nil {
		t.Fatal(err)
	}
	want := []render.Upload{
		{"/media/a.jpg", 1, true}, {"/media/b.pdf", 1, false}, {"/media/a.jpg", 2, false}, {"/media/c.png", 5, true}, {"/media/d.pdf", 5, false},
		{"/media/" + strings.Repeat("g", 73) + "…", 9, false},
	}
	if diff := cmp.Diff(want, rendered.Uploads); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := markdown(t, source).Uploads; got != nil {
		t.Errorf("without a prefix: %v", got)
	}
	var many strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&many, "![](/media/%d.jpg)\n\n", i)
	}
	if rendered, err = render.Markdown(many.String(), render.Options{Uploads: "/media/"}); err != nil || len(rendered.Uploads) != 500 {
		t.Errorf("%d uploads of 2000, %v", len(rendered.Uploads), err)
	}
}

// Whatever a post contains, completing its pictures changes nothing but the attributes of images, and adds none that runs.
func FuzzShowPictures(f *testing.F) {
	for _, source := range []string{
		"![a](/media/a.jpg#wide \"b\")", "<img src=/media/a.jpg width=1 alt='>' title=\"&quot;><figure class=wide>\">", "<figure class=\"full\"><img src=/media/a.jpg></figure>",
		"![](/media/a.jpg) ![](/media/b.png)\n\n`<img src=x>`", "a < b > c\n\n<", "<figure title=' class=\"wide'><img src='/media/a.jpg?<>\"'>",
	} {
		f.Add(source)
	}
	added := map[string]bool{"width": true, "height": true, "srcset": true, "sizes": true, "loading": true, "decoding": true}
	f.Fuzz(func(t *testing.T, source string) {
		rendered, err := render.Markdown(source, render.Options{})
		if err != nil {
			return
		}
		before, after := html.NewTokenizer(strings.NewReader(rendered.HTML)), html.NewTokenizer(strings.NewReader(render.ShowPictures(rendered.HTML, findPicture)))
		for {
			was, is := before.Next(), after.Next()
			a, b := before.Token(), after.Token()
			if b.Data == "img" {
				b.Attr = slices.DeleteFunc(b.Attr, func(attribute html.Attribute) bool {
					return added[attribute.Key] && !slices.Contains(a.Attr, attribute)
				})
			}
			if was != is || a.String() != b.String() {
				t.Fatalf("%q: %s becomes %s", source, a, b)
			}
			if was == html.ErrorToken {
				return
			}
		}
	})
}
