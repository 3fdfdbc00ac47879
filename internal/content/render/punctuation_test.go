package render_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

func TestSmartPunctuation(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"":      "“a ‘b’ c” – don’t… <code>&#34;d&#34;</code>",
		"en-GB": "“a ‘b’ c” – don’t… <code>&#34;d&#34;</code>",
		"de":    "„a ‚b‘ c“ – don’t… <code>&#34;d&#34;</code>",
		"de-CH": "„a ‚b‘ c“ – don’t… <code>&#34;d&#34;</code>",
		"fr":    "«\u202fa ‹\u202fb\u202f› c\u202f» – don’t… <code>&#34;d&#34;</code>",
		"pt-PT": "«a “b” c» – don’t… <code>&#34;d&#34;</code>",
		"pt-BR": "“a ‘b’ c” – don’t… <code>&#34;d&#34;</code>",
		"xx":    "“a ‘b’ c” – don’t… <code>&#34;d&#34;</code>",
	} {
		got, err := render.Markdown("\"a 'b' c\" -- don't... `\"d\"`", render.Options{SmartPunctuation: true, Language: language})
		if err != nil || got.HTML != "<p>"+want+"</p>\n" {
			t.Errorf("%s: %q, %v, want %q", language, got.HTML, err, want)
		}
	}
}
