package post_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// A slug that readers know permanently leads to its post, and to no other one unless its author takes it.
func TestFormerSlugs(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	at := now
	rename := func(from string, document post.Document) (post.Saved, error) {
		t.Helper()
		at = at.Add(time.Minute)
		source, err := store.Find(t.Context(), pool, from)
		if err != nil {
			t.Fatal(err)
		}
		return store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: source.Version, Now: at})
	}
	moved := func(slug, want string) {
		t.Helper()
		_, err := store.BySlug(t.Context(), pool, at, slug, 0)
		if to, ok := errors.AsType[*post.MovedError](err); want == "" && !errors.Is(err, post.ErrNotFound) || want != "" && (!ok || to.Slug != want) {
			t.Errorf("/%s/ leads to %v, want %q", slug, err, want)
		}
	}
	save(t, pool, store, post.Document{Title: "Draft", Draft: true}, at)
	save(t, pool, store, post.Document{Title: "Scheduled", Date: now.AddDate(1, 0, 0)}, at)
	save(t, pool, store, post.Document{Title: "One"}, at)
	for from, document := range map[string]post.Document{
		"draft": {Title: "Draft", Slug: "draft-2", Draft: true}, "scheduled": {Title: "Scheduled", Slug: "scheduled-2"}, "one": {Title: "One", Slug: "two"},
	} {
		if _, err := rename(from, document); err != nil {
			t.Fatal(err)
		}
	}
	moved("draft", "")
	moved("scheduled", "")
	moved("one", "two")
	if _, err := rename("two", post.Document{Title: "One", Slug: "three"}); err != nil {
		t.Fatal(err)
	}
	moved("one", "three")
	moved("two", "three")

	// Another post gets another slug.
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "One"}, Now: at}); !errors.Is(err, post.ErrSlugRedirects) || !errors.Is(err, post.ErrSlugTaken) {
		t.Errorf("a new post with a former slug: %v", err)
	}
	if saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "One"}, Numbered: true, Now: at}); err != nil || saved.Slug != "one-2" {
		t.Errorf("a new post with a number: %+v, %v", saved, err)
	}
	if _, err := rename("one-2", post.Document{Title: "One", Slug: "two"}); !errors.Is(err, post.ErrSlugRedirects) {
		t.Errorf("another post is renamed: %v", err)
	}
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Two"}, Overwrite: true, Now: at}); !errors.Is(err, post.ErrSlugRedirects) {
		t.Errorf("overwritten by its former slug: %v", err)
	}
	for _, slug := range []string{"three", "two"} {
		_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Claims", OldSlugs: []string{slug}}, Now: at})
		if invalid, ok := errors.AsType[*post.InvalidError](err); !ok || invalid.Field != "old_slugs" {
			t.Errorf("a new post that claims %s: %v", slug, err)
		}
	}
	moved("two", "three")

	// Its author takes it.
	if saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Two"}, TakeRedirect: true, Now: at}); err != nil || saved.Slug != "two" {
		t.Fatalf("taken: %+v, %v", saved, err)
	}
	if found, err := store.BySlug(t.Context(), pool, at, "two", 0); err != nil || found.Title != "Two" {
		t.Errorf("the new post: %+v, %v", found, err)
	}
	moved("one", "three")
	three, err := store.Find(t.Context(), pool, "three")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"one"}, three.OldSlugs); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}

	// A post goes back to its own former slug.
	if _, err := rename("three", post.Document{Title: "One", Slug: "one"}); err != nil {
		t.Fatal(err)
	}
	moved("three", "one")
	if found, err := store.BySlug(t.Context(), pool, at, "one", 0); err != nil || found.Slug != "one" {
		t.Errorf("its first slug again: %+v, %v", found, err)
	}
}

func TestAPostHasABoundedNumberOfFormerSlugs(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := post.Document{Title: "T", Slug: "t-0"}
	save(t, pool, store, document, now)
	for i := 1; ; i++ {
		source, err := store.Find(t.Context(), pool, document.Slug)
		if err != nil {
			t.Fatal(err)
		}
		document.Slug = fmt.Sprintf("t-%d", i)
		_, err = store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: source.Version, Now: now.Add(time.Minute)})
		if i <= post.MaxOldSlugs && err == nil {
			continue
		}
		if invalid, ok := errors.AsType[*post.InvalidError](err); !ok || invalid.Field != "old_slugs" || i != post.MaxOldSlugs+1 {
			t.Errorf("the address number %d: %v", i, err)
		}
		return
	}
}
