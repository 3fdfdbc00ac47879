package post_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

func TestNormalizeTitle(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		" First\t\npost ": "First post", "ev\u202eil": "evil", "\ufeffa \x07 b": "a b", "a\u0085b\u2028c": "a b c", "caf\xe9": "caf\xe9",
		"ខ្មែរ\u200bល្អ": "ខ្មែរ\u200bល្អ", "葛\U000e0100": "葛\U000e0100", "C++\u200f": "C++\u200f", "👩🏽\u200d💻": "👩🏽\u200d💻",
	} {
		d := post.Document{Title: title, Author: title}
		d.Normalize()
		if d.Title != want || d.Author != want {
			t.Errorf("%+q becomes the title %+q and the author %+q, want %+q", title, d.Title, d.Author, want)
		}
	}
}
