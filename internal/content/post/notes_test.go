package post_test

import (
	"errors"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// A note has no title: its address is its time in the zone of the blog, and lists show its first words.
func TestNotes(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	kiritimati := time.FixedZone("Kiritimati", 14*60*60)
	add := func(r post.SaveRequest) post.Saved {
		t.Helper()
		r.Zone, r.Now = kiritimati, now
		saved, err := store.Save(t.Context(), pool, r)
		if err != nil {
			t.Fatalf("save %+v: %v", r.Document, err)
		}
		return saved
	}
	first := add(post.SaveRequest{Document: post.Document{Title: "\u200b", Content: "What I saw this *morning*, when the ferry was late again and the gulls were not."}})
	if first.Slug != "2027-01-11-0200" {
		t.Errorf("the first note is at %s", first.Slug)
	}
	for _, r := range []post.SaveRequest{{}, {Overwrite: true}} { // neither replaces a note of the same minute
		r.Document.Content = "Another one"
		if r.Overwrite {
			r.Document.Content = "A third one"
		}
		if saved := add(r); saved.Outcome != post.Created || saved.Slug == first.Slug {
			t.Errorf("another note of the same minute: %+v", saved)
		}
	}
	if dated := add(post.SaveRequest{Document: post.Document{Content: "Old", Date: now.AddDate(-1, 0, 0)}}); dated.Slug != "2026-01-11-0200" {
		t.Errorf("a note with a date is at %s", dated.Slug)
	}
	// Its address stays, whenever it is saved, until it gets a title as a draft.
	edited, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Content: "Edited"}, Base: first.Version, Now: now.Add(time.Hour)})
	if err != nil || edited.Slug != first.Slug {
		t.Errorf("the first note, edited: %+v, %v", edited, err)
	}
	entries, err := store.List(t.Context(), pool, now, 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) != 4 || names[2] != "Edited" && names[0] != "Edited" {
		t.Errorf("the names are %q", names)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		entry post.Entry
		want  string
	}{
		{post.Entry{Title: "Title", Summary: "Summary"}, "Title"},
		{post.Entry{Summary: "A few words."}, "A few words."},
		{post.Entry{Summary: "What I saw this morning, when the ferry was late again, and the gulls were not"}, "What I saw this morning, when the ferry was late again, and…"},
		{post.Entry{Summary: "語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語"}, "語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語語…"},
		{post.Entry{}, ""},
	} {
		if got := test.entry.Name(); got != test.want {
			t.Errorf("%+v is called %q, want %q", test.entry, got, test.want)
		}
	}
}

func TestEmptyPostsAreNotPublished(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for name, content := range map[string]string{
		"nothing": "", "spaces": " \n\t\n", "unseen": "\u200b\u2060", "a comment": "<!-- more -->", "an entity": "&nbsp;&#8203;", "what is removed": "<iframe src=\"https://a.example\"></iframe>",
		"a definition": "[a]: https://example.org",
	} {
		_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Content: content}, Now: now})
		if invalid, ok := errors.AsType[*post.InvalidError](err); !ok || invalid.Field != "content" {
			t.Errorf("%s: %v, want that it is empty", name, err)
		}
		if saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Content: content, Draft: true}, Now: now}); err != nil || saved.Outcome != post.Created {
			t.Errorf("%s as a draft: %+v, %v", name, saved, err)
		}
	}
	for name, document := range map[string]post.Document{
		"a title": {Title: "Title"}, "a word": {Content: "a"}, "an image": {Content: "![](/a.jpg)"}, "code": {Content: "    x"}, "an emoji": {Content: "🎉"},
	} {
		if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsFoundInTheText(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	for name, test := range map[string]struct {
		document post.Document
		want     post.Entry // Link, Language, Direction and Summary
	}{
		"nothing":                {post.Document{Content: "Plain words."}, post.Entry{Direction: "ltr", Summary: "Plain words."}},
		"a link":                 {post.Document{Content: "[Read this](https://example.org/a) now."}, post.Entry{Link: "https://example.org/a", Direction: "ltr", Summary: "Read this now."}},
		"a link in a field":      {post.Document{Content: "[Read this](https://example.org/a)", Link: "https://example.org/b"}, post.Entry{Link: "https://example.org/b", Direction: "ltr", Summary: "Read this"}},
		"a link here":            {post.Document{Content: "[Read this](/a/)"}, post.Entry{Direction: "ltr", Summary: "Read this"}},
		"Hebrew":                 {post.Document{Content: "שלום עולם"}, post.Entry{Language: "he", Direction: "rtl", Summary: "שלום עולם"}},
		"a language in a field":  {post.Document{Content: "Guten Tag", Language: "de"}, post.Entry{Language: "de", Direction: "ltr", Summary: "Guten Tag"}},
		"Yiddish":                {post.Document{Content: "גוט מאָרגן", Language: "yi"}, post.Entry{Language: "yi", Direction: "rtl", Summary: "גוט מאָרגן"}},
		"Arabic from a brand on": {post.Document{Content: "iOS ثم", Language: "ar"}, post.Entry{Language: "ar", Direction: "rtl", Summary: "iOS ثم"}},
		"an excerpt":             {post.Document{Content: "Long.", Excerpt: "Short."}, post.Entry{Direction: "ltr", Summary: "Short."}},
		"what comes before more": {post.Document{Content: "Before.\n\n<!--more-->\n\nAfter."}, post.Entry{Direction: "ltr", Summary: "Before."}},
	} {
		test.document.Title = name
		if test.want.Language == "he" || test.want.Language == "yi" {
			test.document.Title = ""
		}
		saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: test.document, Now: now})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := store.BySlug(t.Context(), pool, now, saved.Slug, 1<<20)
		if err != nil || got.Link != test.want.Link || got.Language != test.want.Language || got.Direction != test.want.Direction || got.Summary != test.want.Summary {
			t.Errorf("%s: %+v, %v; want %+v", name, got.Entry, err, test.want)
		}
	}
}

func TestSmartPunctuation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		document post.Document
		smart    bool
		want     string
	}{
		{post.Document{Title: "T", Content: `"So"`}, false, "<p>&#34;So&#34;</p>\n"},
		{post.Document{Title: "T", Content: `"So"`}, true, "<p>“So”</p>\n"},
		{post.Document{Title: "T", Content: `"So"`, Language: "de"}, true, "<p>„So“</p>\n"},
		{post.Document{Title: "Ц", Content: `"Так"`}, true, "<p>«Так»</p>\n"},
	} {
		pool, store := newBlog(t)
		saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: test.document, SmartPunctuation: test.smart, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if html, err := store.HTML(t.Context(), pool, saved.Version.ID); err != nil || html != test.want {
			t.Errorf("%+v becomes %q, %v; want %q", test, html, err, test.want)
		}
	}
}
