package render_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

// What readers do not see as it was written is never dropped silently.
func TestNotes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		markdown string
		want     []render.Note
	}{
		"nothing removed": {"# A\n\n<details open><summary>b</summary>\n\n[c](/d \"e\") <kbd title=\"f\">g</kbd> ![](h.png)\n\n</details>\n\n<!-- more --> <!--more-->", nil},
		"comment":         {"a\n\n<!-- ask\nJane -->\n\nb <!-- i -->", []render.Note{{3, "The comment “ask\nJane” is removed: readers do not receive it."}, {6, "The comment “i” is removed: readers do not receive it."}}},
		"element":         {"a\n\n<iframe src=\"https://example.com\">\n</iframe>", []render.Note{{3, "<iframe> is removed, because a post cannot have it."}}},
		"element in text": {"a\nb <font color=red>c</font>", []render.Note{{2, "<font> is removed, because a post cannot have it."}}},
		"script":          {"\n\na\n\n<script>\nif (a<b) {}\n</script>", []render.Note{{5, "<script> is removed, because a post cannot have it."}}},
		"attributes": {"<p\n style=\"x\" onclick=\"y\" dir=\"rtl\">a</p>", []render.Note{
			{1, "The attribute style of <p> is removed, because a post cannot have it."},
			{1, "The attribute onclick of <p> is removed, because a post cannot have it."},
		}},
		"in a quote":    {"> a\n>\n> <div>\n> <form>\n> </div>", []render.Note{{4, "<form> is removed, because a post cannot have it."}}},
		"in a footnote": {"a[^b]\n\n[^b]: c\n\n    <object>", []render.Note{{5, "<object> is removed, because a post cannot have it."}}},
		"same twice":    {"<font>a</font> <font>b</font>", []render.Note{{1, "<font> is removed, because a post cannot have it."}}},
		"image over http": {"a\n![b](HTTP://example.com/b.png)", []render.Note{
			{2, "The image HTTP://example.com/b.png is loaded over https, because browsers block the unencrypted one. Check that readers see it."},
		}},
		"image over http in HTML": {"a <img src=\"http://example.com/b.png\" alt=\"b\">", []render.Note{
			{1, "The image http://example.com/b.png is loaded over https, because browsers block the unencrypted one. Check that readers see it."},
		}},
		"image in HTML that pages refuse": {"<img src=data:image/png;base64,x onload=y()>", []render.Note{
			{1, "Readers do not see the image data:image/png;base64,x: its address must begin with https:// or be one of this blog."},
		}},
		"image without an address": {"![]()\n\n<img>\n\n![Uploading a.jpg…]()", []render.Note{
			{1, "An image has no address, so readers do not see it."}, {3, "An image has no address, so readers do not see it."},
		}},
		"image that pages refuse": {"![größe](größe.png)\n\n![a](data:image/png;base64," + strings.Repeat("x", 100) + ")", []render.Note{
			{3, "Readers do not see the image data:image/png;base64," + strings.Repeat("x", 58) + "…: its address must begin with https:// or be one of this blog."},
		}},
		"link": {"[a](b) [c](mailto:d@e.fg)\n[h](javascript:alert(1))\n<vbscript:x>", []render.Note{
			{2, "The address javascript:alert(1) of a link is removed: only https, http and mailto are possible."},
			{3, "The address vbscript:x of a link is removed: only https, http and mailto are possible."},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := markdown(t, test.markdown).Notes; !slices.Equal(got, test.want) {
				t.Errorf("Notes of %q:\n got %v\nwant %v", test.markdown, got, test.want)
			}
		})
	}
	if got := len(markdown(t, numbered("<x%d>\n\n", 100)).Notes); got != 20 {
		t.Errorf("%d notes", got)
	}
}

func TestLink(t *testing.T) {
	t.Parallel()
	for markup, want := range map[string]string{
		"[A find](https://example.com/a?b=c#d) that\n\nText": "https://example.com/a?b=c#d",
		"[A *find*](http://example.com)":                     "http://example.com",
		"<!--more-->\n\n[A](https://example.com)":            "",
		"See [A](https://example.com)":                       "",
		"[Own](/about/)":                                     "",
		"[Same](//example.com)":                              "",
		"[Mail](mailto:a@example.com)":                       "",
		"# [A](https://example.com)":                         "",
		"![A](https://example.com/a.png)":                    "",
		"[Script](javascript://example.com/%0aalert(1))":     "",
		"": "",
	} {
		if got := markdown(t, markup).Link; got != want {
			t.Errorf("the link of %q is %q, want %q", markup, got, want)
		}
	}
}
