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
		"accents":         {"Crème brûlée à la Zürich", "crème-brûlée-à-la-zürich"},
		"letters":         {"Straße, Łódź, Ærø", "straße-łódź-ærø"},
		"Cyrillic":        {"Привет, мир", "привет-мир"},
		"Greek":           {"Καλημέρα κόσμε", "καλημέρα-κόσμε"},
		"digits":          {"1,000 tenants in 10 s", "1-000-tenants-in-10-s"},
		"apostrophes":     {"It's Alice’s", "its-alices"},
		"compatibility":   {"ﬁne ① Ｆｕｌｌ", "fine-1-full"},
		"reserved":        {"Assets", "assets-post"},
		"Arabic":          {"مرحبا بالعالم!", "مرحبا-بالعالم"},
		"Hindi":           {"मेरा ब्लॉग", "मेरा-ब्लॉग"},
		"Japanese":        {"日本語のブログ", "日本語のブログ"},
		"decomposed":      {"Cafe\u0301", "café"},
		"a mark alone":    {"a \u0301b", "a-b"},
		"nothing left":    {"?! 🎉", "post-79728dc3"},
		"cut at a word":   {strings.Repeat("word ", 40), strings.TrimSuffix(strings.Repeat("word-", 20), "-")},
		"one endless one": {strings.Repeat("a", 200), strings.Repeat("a", 100)},
		"one in Chinese":  {strings.Repeat("語", 200), strings.Repeat("語", 33)},
		"one with marks":  {strings.Repeat("q\u0323\u0303", 200), strings.Repeat("q\u0323\u0303", 20)},
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
