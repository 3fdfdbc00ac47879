package search_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/search"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]search.Query{
		"":                        {},
		" \x00\x1f--!& ":          {Text: "--!&"},
		"First  FROST":            {Text: "First FROST", Prefixes: []string{"first", "frost"}},
		`it's 'a':* | !b & (c) \`: {Text: `it's 'a':* | !b & (c) \`, Prefixes: []string{"it", "s", "a", "b", "c"}},
		"东京 tower 東京Tower ขนมปัง": {Text: "东京 tower 東京Tower ขนมปัง", Prefixes: []string{"tower"}, Parts: []string{"东京", "東京Tower", "ขนมปัง"}},
		"안녕 שלום Ä":               {Text: "안녕 שלום Ä", Prefixes: []string{"안녕", "שלום", "ä"}},
		"a\u0308":                 {Text: "ä", Prefixes: []string{"ä"}},
		"\xffa":                   {Text: "a", Prefixes: []string{"a"}},
	} {
		if diff := cmp.Diff(want, search.Parse(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
	long := search.Parse(strings.Repeat("ab ", 300))
	if utf8.RuneCountInString(long.Text) > search.MaxLength || len(long.Prefixes) != 10 {
		t.Errorf("a long query: %+v", long)
	}
	if q := search.Parse("it's 東京"); q.TextQuery() != "'it':* & 's':*" || q.IsEmpty() {
		t.Errorf("the text query is %s", q.TextQuery())
	}
	if q := search.Parse("--"); q.TextQuery() != "" || !q.IsEmpty() {
		t.Errorf("a query without words: %+v", q)
	}
}

// show writes what was found in brackets.
func show(parts []search.Piece) string {
	var b strings.Builder
	for _, p := range parts {
		if p.Found {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestHighlight(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ query, text, want string }{
		{"frost", "First frost, Frosty: defrost <FROST>", "First [frost], [Frost]y: defrost <[FROST]>"},
		{"first frost", "Frost first", "[Frost] [first]"},
		{"fr frost", "frost", "[frost]"},
		{"京", "东京和京都", "东[京]和[京]都"},
		{"京都 o", "京都ok o", "[京都]ok [o]"},
		{"ä", "Äpfel", "[Ä]pfel"},
		{"none", "text", "text"},
		{"", "text", "text"},
	} {
		q := search.Parse(test.query)
		if got := show(q.Highlight(test.text)); got != test.want {
			t.Errorf("%q in %q: %s, want %s", test.query, test.text, got, test.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 100)
	for _, test := range []struct{ query, text, want string }{
		{"frost", "The first frost came.", "The first [frost] came."},
		{"none", words, ""},
		{"frost", words + "frost " + words, "…" + strings.Repeat("word ", 15) + "[frost] " + strings.TrimSpace(strings.Repeat("word ", 31)) + "…"},
		{"京", strings.Repeat("字", 500) + "京" + strings.Repeat("字", 500), "…" + strings.Repeat("字", 80) + "[京]" + strings.Repeat("字", 159) + "…"},
	} {
		q := search.Parse(test.query)
		if got := show(q.Excerpt(test.text)); got != test.want {
			t.Errorf("%q: %s, want %s", test.query, got, test.want)
		}
	}
}

// Whatever is entered gives a valid query, and the pieces of a text are the text.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "first frost", "it's", "' | !", "京都 o", "\xff\x00", "a\u0308", "İ ẞ ǆ", strings.Repeat("é ", 200)} {
		f.Add(seed, "The first frost: 京都, Äpfel, İstanbul"+seed)
	}
	f.Fuzz(func(t *testing.T, text, in string) {
		q := search.Parse(text)
		if !utf8.ValidString(q.Text) || utf8.RuneCountInString(q.Text) > search.MaxLength || strings.ContainsRune(q.Text, 0) {
			t.Errorf("the text is %q", q.Text)
		}
		words := slices.Concat(q.Prefixes, q.Parts)
		if len(words) > 10 || slices.Contains(words, "") || q.IsEmpty() != (len(words) == 0) {
			t.Errorf("the words are %q", words)
		}
		for _, word := range words {
			if strings.ContainsAny(word, `'\:*&|!() `) {
				t.Errorf("the word %q has an operator", word)
			}
		}
		var whole strings.Builder
		for _, p := range q.Highlight(in) {
			whole.WriteString(p.Text)
			if p.Text == "" {
				t.Error("a piece is empty")
			}
		}
		if whole.String() != in {
			t.Errorf("the pieces of %q are %q", in, whole.String())
		}
		if excerpt := show(q.Excerpt(in)); utf8.ValidString(in) && utf8.RuneCountInString(strings.NewReplacer("[", "", "]", "", "…", "").Replace(excerpt)) > 240 {
			t.Errorf("the excerpt is %q", excerpt)
		}
	})
}
