package post_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// What is done with a post in a list is done to what was written last, and shows readers nothing that was not asked for.
func TestChange(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	save(t, pool, store, post.Document{Title: "T", Slug: "t", Content: "One.", Draft: true, Tags: []string{"sea"}}, now)
	at := now
	source := func() post.Source {
		t.Helper()
		source, err := store.Find(t.Context(), pool, "t")
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	apply := func(c post.Change) {
		t.Helper()
		at = at.Add(time.Minute)
		stored := source()
		base := stored.Version
		for range 2 { // a retry changes nothing
			if _, err := store.Save(t.Context(), pool, c.Apply(&stored, post.SaveRequest{Base: base, Now: at})); err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
			stored = source()
		}
	}
	want := func(state post.State, content string, tags ...string) post.Source {
		t.Helper()
		s := source()
		if s.State(at) != state || s.Content != content {
			t.Errorf("the post is %s: %q; want %s: %q", s.State(at), s.Content, state, content)
		}
		if diff := cmp.Diff(tags, s.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		return s
	}
	apply(post.Change{Tags: []string{"#Go", "SEA"}})
	want(post.StateDraft, "One.", "sea", "Go")
	apply(post.Change{Publish: true})
	published := want(post.StatePublished, "One.", "sea", "Go")

	edit := published.Document
	edit.Content = "Two."
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: edit, Base: published.Version, Unpublished: true, Now: at.Add(time.Second)}); err != nil {
		t.Fatal(err)
	}
	apply(post.Change{Tags: []string{"new"}})
	if s := want(post.StatePublished, "One.", "sea", "Go"); s.Pending == nil || s.Pending.Content != "Two." || len(s.Pending.Tags) != 3 {
		t.Errorf("the pending changes are %+v", s.Pending)
	}
	apply(post.Change{Publish: true})
	if s := want(post.StatePublished, "Two.", "sea", "Go", "new"); s.Pending != nil {
		t.Errorf("pending changes are left: %+v", s.Pending)
	}
	apply(post.Change{Unpublish: true})
	want(post.StateDraft, "Two.", "sea", "Go", "new")

	stored := source()
	_, err := store.Save(t.Context(), pool, post.Change{Publish: true}.Apply(&stored, post.SaveRequest{Base: published.Version, Now: at}))
	if !errors.Is(err, post.ErrChanged) {
		t.Errorf("from an older version: %v", err)
	}
}
