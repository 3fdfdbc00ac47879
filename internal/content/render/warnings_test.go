package render_test

import (
	"slices"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

// A writer is warned of what is missing, before readers find it.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const toCome = "“TK” says that something is still to come."
	for name, test := range map[string]struct {
		markdown string
		want     []render.Note
	}{
		"nothing missing": {"![A *pier*](/media/a.jpg) ![**b**](c.png)\n\n[a](b) [c](#d)\n\n<img src=\"e.png\" alt=\"\"> <a href=\"f\">g</a>", nil},
		"pictures": {"a\n\n![](/media/a.jpg)\n![ ](b.png)\n\n> <IMG src=\"c.png\">", []render.Note{
			{3, "The picture /media/a.jpg has no description."}, {4, "The picture b.png has no description."}, {6, "The picture c.png has no description."},
		}},
		"a picture in a block of HTML": {"<div>\n<img src='a.png'>\n</div>", []render.Note{{2, "The picture a.png has no description."}}},
		"links":                        {"[a]() b\n\n- [c](url)\n\n[d](https://example.org/url)", []render.Note{{1, "A link has no address."}, {3, "A link has no address."}}},
		"to come":                      {"The TK of TKTK\n\n## (TK)\n\n| a | b |\n| - | - |\n| TK | TKs |", []render.Note{{1, toCome}, {3, toCome}, {7, toCome}}},
		"no word to come":              {"ATK TKs KTKT éTK TK_ tk 1TK `TK`\n\n    TK\n\n[a](TK) <!-- TK -->", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := markdown(t, test.markdown).Warnings; !slices.Equal(got, test.want) {
				t.Errorf("Warnings of %q:\n got %v\nwant %v", test.markdown, got, test.want)
			}
		})
	}
	if got := len(markdown(t, numbered("![](%d.png)\n\n", 100)).Warnings); got != 20 {
		t.Errorf("%d warnings", got)
	}
}

// One sentence is enough about an image that readers do not see.
func TestNoWarningOfWhatReadersDoNotSee(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"<img src=\"data:image/png;base64,x\">", "![](data:image/png;base64,x)", "![]()", "<img>"} {
		got := markdown(t, source)
		if len(got.Notes) != 1 || len(got.Warnings) != 0 {
			t.Errorf("%s: notes %v, warnings %v", source, got.Notes, got.Warnings)
		}
	}
}
