package post_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// complete are documents that have, together, a value for every field.
var complete = map[string]post.Document{
	"a pinned post": {
		Title: "Title", Slug: "title", OldSlugs: []string{"ancient", "старый"}, Author: "Alice", Content: "Text.", Date: now.Add(-time.Hour),
		Tags: []string{"Go", "right to left"}, Excerpt: "In short.", Description: "For machines.", CanonicalURL: "https://example.org/first",
		Cover: "/media/abc/cover.jpg", CoverAlt: "A lamp", Language: "pt-BR", Link: "https://example.org/about", Pinned: true,
	},
	"a draft of a page":  {Title: "About", Slug: "about", Content: "Us.", Page: true, Position: 3, Draft: true, Date: now.AddDate(0, 0, 1)},
	"an unlisted page":   {Title: "Thanks", Slug: "thanks", Content: "Us.", Page: true, Unlisted: true, Date: now},
	"an unlisted draft":  {Title: "Soon", Slug: "soon", Content: "Us.", Unlisted: true, Draft: true, Date: now},
	"a note with a slug": {Slug: "2027-01-01-1000", Content: "A thought.", Date: now},
}

// A field that is added to the document fails this test until it is stored.
func TestEveryFieldIsStored(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	set := map[string]bool{}
	for name, document := range complete {
		for field, value := range reflect.ValueOf(document).Fields() {
			set[field.Name] = set[field.Name] || !value.IsZero()
		}
		saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read := func(kind string, got post.Document, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s, %s: %v", name, kind, err)
			}
			if diff := cmp.Diff(document, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", name, kind, diff)
			}
		}
		source, err := store.FindByID(t.Context(), pool, saved.Version.ID)
		read("as it is stored", source.Document, err)

		again, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: saved.Version, Now: now.Add(time.Minute)})
		if err != nil || again.Outcome != post.Unchanged || !again.Version.UpdatedAt.Equal(saved.Version.UpdatedAt) {
			t.Errorf("%s, saved again: %+v, %v", name, again, err)
		}
		changed := document
		changed.Content = "Other text."
		if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: changed, Base: saved.Version, Now: now.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		revision, err := store.FindRevision(t.Context(), pool, saved.Version.ID, saved.Version.UpdatedAt)
		read("as a revision", revision, err)
	}
	for name, set := range set {
		if !set {
			t.Errorf("no document has %s", name)
		}
	}
}

func TestNormalizeFields(t *testing.T) {
	t.Parallel()
	d := post.Document{
		Title: "T", OldSlugs: []string{"T", " Old ", "old", ""}, Tags: []string{" #go ", "Go", "two  words", "", "\u200b", "#", "Cafe\u0301"},
		Excerpt: " a\nb ", Language: " de ", Cover: " /media/a ", Draft: true, Unlisted: true, Page: true, Pinned: true, Position: 2,
	}
	d.Normalize()
	want := post.Document{
		Title: "T", Slug: "t", OldSlugs: []string{"old"}, Tags: []string{"go", "two words", "Café"},
		Excerpt: "a b", Language: "de", Cover: "/media/a", Draft: true, Unlisted: true, Page: true, Position: 2,
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFieldsAreChecked(t *testing.T) {
	t.Parallel()
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, "a"+strings.Repeat("b", i))
		}
		return list
	}
	for name, test := range map[string]struct {
		change func(d *post.Document)
		field  string // empty: it is valid
	}{
		"a short one":                 {func(*post.Document) {}, ""},
		"a long excerpt":              {func(d *post.Document) { d.Excerpt = strings.Repeat("ä", 1001) }, "excerpt"},
		"a long description":          {func(d *post.Document) { d.Description = strings.Repeat("ä", 501) }, "description"},
		"a long alternative":          {func(d *post.Document) { d.CoverAlt = strings.Repeat("ä", 1001) }, "cover_alt"},
		"NUL in a tag":                {func(d *post.Document) { d.CanonicalURL = "https://a\x00.example/" }, ""},
		"too many tags":               {func(d *post.Document) { d.Tags = many(21) }, "tags"},
		"a long tag":                  {func(d *post.Document) { d.Tags = []string{strings.Repeat("ä", 51)} }, "tags"},
		"a tag with a comma":          {func(d *post.Document) { d.Tags = []string{"a,b"} }, "tags"},
		"too many old slugs":          {func(d *post.Document) { d.OldSlugs = many(51) }, "old_slugs"},
		"an old slug with a slash":    {func(d *post.Document) { d.OldSlugs = []string{"a/b"} }, "old_slugs"},
		"a relative canonical URL":    {func(d *post.Document) { d.CanonicalURL = "/there" }, "canonical_url"},
		"a script as canonical URL":   {func(d *post.Document) { d.CanonicalURL = "javascript:alert(1)" }, "canonical_url"},
		"a password in the URL":       {func(d *post.Document) { d.CanonicalURL = "https://a:b@example.org/" }, "canonical_url"},
		"a long URL":                  {func(d *post.Document) { d.Link = "https://example.org/" + strings.Repeat("a", 2000) }, "link"},
		"a script as link":            {func(d *post.Document) { d.Link = "data:text/html,x" }, "link"},
		"a link over http":            {func(d *post.Document) { d.Link = "http://example.org/a?b#c" }, ""},
		"a cover over http":           {func(d *post.Document) { d.Cover = "http://example.org/a.jpg" }, "cover"},
		"a cover on another host":     {func(d *post.Document) { d.Cover = "https://example.org/a.jpg" }, ""},
		"a cover of no scheme":        {func(d *post.Document) { d.Cover = "//example.org/a.jpg" }, "cover"},
		"a cover with a backslash":    {func(d *post.Document) { d.Cover = `/\example.org/a.jpg` }, "cover"},
		"a cover with quotation mark": {func(d *post.Document) { d.Cover = `data:image/svg+xml,"` }, "cover"},
		"a language in words":         {func(d *post.Document) { d.Language = "Brazilian Portuguese" }, "language"},
		"a language with markup":      {func(d *post.Document) { d.Language = `en"><script>` }, "language"},
		"a place beyond the last":     {func(d *post.Document) { d.Page, d.Position = true, 1000 }, "position"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := post.Document{Title: "T", Content: "Text"}
			test.change(&d)
			d.Normalize()
			err := d.Check()
			invalid, _ := errors.AsType[*post.InvalidError](err)
			switch {
			case strings.HasPrefix(name, "NUL"):
				if invalid == nil || !strings.Contains(invalid.Sentence, "NUL") {
					t.Errorf("got %v", err)
				}
			case test.field == "" && err != nil, test.field != "" && (invalid == nil || invalid.Field != test.field || invalid.Sentence == ""):
				t.Errorf("got %v, want an error of %q", err, test.field)
			}
		})
	}
}

// The time of a change is that of one that readers see.
func TestUpdatedAt(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := post.Document{Title: "T", Content: "Text."}
	save(t, pool, store, document, now)
	updated := func(want time.Time, change func()) {
		t.Helper()
		change()
		if outcome := save(t, pool, store, document, now.Add(time.Hour)); outcome != post.Updated {
			t.Errorf("%+v: %s", document, outcome)
		}
		if got, err := store.BySlug(t.Context(), pool, now, "t", 0); err != nil || !got.UpdatedAt.Equal(want) {
			t.Errorf("%+v was updated at %s, %v; want %s", document, got.UpdatedAt, err, want)
		}
	}
	updated(now, func() { document.Pinned = true })
	updated(now, func() { document.Tags = []string{"a"} })
	updated(now.Add(time.Hour+2*time.Microsecond), func() { document.Content = "Other text." })
}

// The words of a revision do not change where a post is and who sees it.
func TestWithWordsOf(t *testing.T) {
	t.Parallel()
	var set, unset post.Document
	for field, value := range reflect.ValueOf(&set).Elem().Fields() {
		switch value.Interface().(type) {
		case string:
			value.SetString(field.Name)
		case bool:
			value.SetBool(true)
		case int:
			value.SetInt(1)
		case []string:
			value.Set(reflect.ValueOf([]string{field.Name}))
		case time.Time:
			value.Set(reflect.ValueOf(now))
		default:
			t.Fatalf("%s has a type without a value here", field.Name)
		}
	}
	var places []string
	for field, value := range reflect.ValueOf(unset.WithWordsOf(set)).Fields() {
		if value.IsZero() {
			places = append(places, field.Name)
		}
	}
	if diff := cmp.Diff([]string{"Slug", "OldSlugs", "Date", "Draft", "Unlisted", "Page", "Position", "Pinned"}, places); diff != "" {
		t.Errorf("the fields that say where a post is (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(set, set.WithWordsOf(set)); diff != "" {
		t.Errorf("its own words (-want +got):\n%s", diff)
	}
}
