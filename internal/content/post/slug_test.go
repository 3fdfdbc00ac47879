package post_test

import (
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ title, want string }{
		"words":           {"Hello, World!", "hello-world"},
		"accents":         {"Crème brûlée à la Zürich", "creme-brulee-a-la-zurich"},
		"letters":         {"Straße, Łódź, Ærø", "strasse-lodz-aero"},
		"Cyrillic":        {"Привет, мир", "privet-mir"},
		"Greek":           {"Καλημέρα κόσμε", "kalimera kosme"},
		"digits":          {"1,000 tenants in 10 s", "1-000-tenants-in-10-s"},
		"apostrophes":     {"It's Alice’s", "its-alices"},
		"compatibility":   {"ﬁne ① Ｆｕｌｌ", "fine-1-full"},
		"reserved":        {"Assets", "assets-post"},
		"nothing left":    {"日本語", "post-77710aed"},
		"cut at a word":   {strings.Repeat("word ", 40), strings.TrimSuffix(strings.Repeat("word-", 16), "-")},
		"one endless one": {strings.Repeat("a", 200), strings.Repeat("a", 80)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.ReplaceAll(test.want, " ", "-")
			if got := post.Slug(test.title); got != want {
				t.Errorf("Slug(%q) = %q, want %q", test.title, got, want)
			}
		})
	}
}
