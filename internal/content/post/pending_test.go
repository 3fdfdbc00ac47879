package post_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// What is saved as unpublished changes nothing for readers until it is published.
func TestPendingChanges(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	at := now
	public := post.Document{Title: "Public", Slug: "public", Content: "For readers.", Date: now}
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: public, Now: at})
	if err != nil {
		t.Fatal(err)
	}
	base := saved.Version
	readers := func(want string) {
		t.Helper()
		got, err := store.BySlug(t.Context(), pool, at, "public", 1<<20)
		if err != nil || got.HTML != "<p>"+want+"</p>\n" {
			t.Errorf("readers see %q, %v; want %q", got.HTML, err, want)
		}
	}
	unpublished := func(content string, want post.Outcome) {
		t.Helper()
		at = at.Add(time.Hour)
		document := post.Document{Title: "Secret", Slug: "public", Content: content, Tags: []string{"new"}}
		r := post.SaveRequest{Document: document, Base: base, Unpublished: true, Now: at}
		saved, err := store.Save(t.Context(), pool, r)
		if err != nil || saved.Outcome != want {
			t.Fatalf("save %q: %+v, %v; want %s", content, saved, err, want)
		}
		base = saved.Version
		if again, err := store.Save(t.Context(), pool, r); err != nil || again.Outcome != post.Unchanged || !again.Version.UpdatedAt.Equal(base.UpdatedAt) {
			t.Errorf("save %q again: %+v, %v", content, again, err)
		}
	}
	unpublished("Unseen *words*.", post.Updated)
	readers("For readers.")
	if got, err := store.BySlug(t.Context(), pool, at, "public", 0); err != nil || got.Title != "Public" || !got.UpdatedAt.Equal(now) {
		t.Errorf("the post is %+v, %v", got, err)
	}
	source, err := store.FindByID(t.Context(), pool, base.ID)
	if err != nil || source.Content != "For readers." || source.Pending == nil || source.Pending.Content != "Unseen *words*." || !source.Pending.Date.Equal(now) {
		t.Fatalf("the source is %+v, %v", source, err)
	}
	if items, err := store.ListFiltered(t.Context(), pool, now, post.Filter{}, 5, 0); err != nil || len(items) != 1 || !items[0].Pending {
		t.Errorf("the author's list is %+v, %v", items, err)
	}

	// Another window has the version before.
	for _, unpublished := range []bool{true, false} {
		_, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Other"}, Base: saved.Version, Unpublished: unpublished, Now: at})
		if !errors.Is(err, post.ErrChanged) {
			t.Errorf("from an older version: %v", err)
		}
	}
	unpublished("Unseen again.", post.Updated)
	if source, err = store.FindByID(t.Context(), pool, base.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a retry changes nothing
		if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: *source.Pending, Base: base, Now: at.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	at = at.Add(time.Minute)
	readers("Unseen again.")
	source, err = store.FindByID(t.Context(), pool, base.ID)
	if err != nil || source.Pending != nil || source.Title != "Secret" || !source.Date.Equal(now) {
		t.Errorf("after it was published: %+v, %v", source, err)
	}

	base = source.Version
	unpublished("A mistake.", post.Updated)
	left, err := store.DiscardPending(t.Context(), pool, base, at)
	if err != nil {
		t.Fatal(err)
	}
	readers("Unseen again.")
	source, err = store.FindByID(t.Context(), pool, base.ID)
	if err != nil || source.Pending != nil || !source.UpdatedAt.Equal(left.UpdatedAt) || !left.UpdatedAt.After(base.UpdatedAt) {
		t.Errorf("after it was discarded: %+v, %v; want the version %v", source, err, left)
	}
	if _, err := store.DiscardPending(t.Context(), pool, base, at); !errors.Is(err, post.ErrChanged) {
		t.Errorf("discard an older version: %v", err)
	}
	// Nothing that was written is lost.
	if diff := cmp.Diff([]string{"A mistake.", "Unseen *words*.", "For readers."}, contents(t, pool, store, base.ID)); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
}

// A draft has no pending changes: nobody sees it anyway.
func TestUnpublishedChangesOfADraft(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	r := post.SaveRequest{Document: post.Document{Title: "T", Content: "One", Draft: true}, Unpublished: true, Now: now}
	first, err := store.Save(t.Context(), pool, r)
	if err != nil {
		t.Fatal(err)
	}
	r.Base, r.Document.Content = first.Version, "Two"
	if _, err := store.Save(t.Context(), pool, r); err != nil {
		t.Fatal(err)
	}
	if source, err := store.FindByID(t.Context(), pool, first.Version.ID); err != nil || source.Content != "Two" || source.Pending != nil {
		t.Errorf("the draft is %+v, %v", source, err)
	}
}

// What is saved as unpublished is never published by that, and may be empty.
func TestUnpublishedIsHidden(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	at := now
	save := func(document post.Document, base post.Version, unpublished bool) (post.Saved, error) {
		at = at.Add(time.Minute)
		return store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: base, Unpublished: unpublished, Now: at})
	}
	added, err := save(post.Document{Content: "New", Slug: "a-new-one", Unlisted: true}, post.Version{}, true)
	if err != nil {
		t.Fatal(err)
	}
	if source, err := store.FindByID(t.Context(), pool, added.Version.ID); err != nil || !source.Draft || !source.Unlisted {
		t.Errorf("a new post is %+v, %v", source, err)
	}
	public, err := save(post.Document{Content: "Unlisted", Slug: "unlisted", Unlisted: true}, post.Version{}, false)
	if err != nil {
		t.Fatal(err)
	}
	emptied, err := save(post.Document{Slug: "unlisted", Unlisted: true}, public.Version, true)
	if err != nil {
		t.Fatalf("empty changes: %v", err)
	}
	source, err := store.FindByID(t.Context(), pool, public.Version.ID)
	if err != nil || source.Draft || source.Pending == nil || source.Pending.Draft || source.Pending.Content != "" {
		t.Errorf("the post is %+v with the changes %+v, %v", source, source.Pending, err)
	}
	_, err = save(*source.Pending, emptied.Version, false)
	if invalid, ok := errors.AsType[*post.InvalidError](err); !ok || invalid.Field != "content" {
		t.Errorf("empty changes are published: %v", err)
	}
}

// A save of the post itself replaces pending changes, which stay as a revision.
func TestSaveReplacesPendingChanges(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := post.Document{Title: "T", Content: "Public", Date: now}
	first, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	document.Content = "Pending"
	second, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: first.Version, Unpublished: true, Now: now.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	document.Content = "Public"
	third, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: second.Version, Now: now.Add(2 * time.Minute)})
	if err != nil || third.Outcome != post.Updated {
		t.Fatalf("the text that readers see: %+v, %v", third, err)
	}
	source, err := store.FindByID(t.Context(), pool, first.Version.ID)
	if err != nil || source.Pending != nil {
		t.Errorf("the post is %+v, %v", source, err)
	}
	if diff := cmp.Diff([]string{"Pending"}, contents(t, pool, store, first.Version.ID)); diff != "" {
		t.Errorf("revisions (-want +got):\n%s", diff)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	document := post.Document{Title: "Public", Slug: "public", Content: "For readers.", Date: now}
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	id := saved.Version.ID
	share, err := store.StartSharing(t.Context(), pool, id)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := store.StartSharing(t.Context(), pool, id); err != nil || again != share {
		t.Errorf("shared again as %v, %v; want %v", again, err, share)
	}
	if parsed, ok := post.ParseShare(share.String()); !ok || parsed != share {
		t.Errorf("%s is read as %v", share, parsed)
	}
	shown := func(want string) {
		t.Helper()
		got, err := store.Shared(t.Context(), pool, share, 1<<20)
		if want == "" && !errors.Is(err, post.ErrNotFound) || want != "" && (err != nil || got.Title != want || got.HTML != "<p>"+want+"</p>\n") {
			t.Errorf("the link shows %+v, %v; want %q", got, err, want)
		}
	}
	document.Title, document.Content = "Later", "Later"
	if _, err := store.Save(t.Context(), pool, post.SaveRequest{Document: document, Base: saved.Version, Unpublished: true, Now: now}); err != nil {
		t.Fatal(err)
	}
	shown("Later")
	if got, err := store.Shared(t.Context(), pool, share, 3); err != nil || got.HTML != "" || got.HTMLBytes != 13 {
		t.Errorf("with little memory: %+v, %v", got, err)
	}
	if source, err := store.FindByID(t.Context(), pool, id); err != nil || source.ShareToken != share.Token {
		t.Errorf("the post has the token %q, %v", source.ShareToken, err)
	}
	for _, wrong := range []post.Share{{ID: id}, {ID: id + 1, Token: share.Token}, {ID: id, Token: strings.Repeat("A", 26)}} {
		if got, err := store.Shared(t.Context(), pool, wrong, 1<<20); !errors.Is(err, post.ErrNotFound) {
			t.Errorf("%v shows %+v, %v", wrong, got, err)
		}
	}
	if err := store.StopSharing(t.Context(), pool, id); err != nil {
		t.Fatal(err)
	}
	shown("")
	if renewed, err := store.StartSharing(t.Context(), pool, id); err != nil || renewed.Token == share.Token {
		t.Errorf("shared again as %v, %v", renewed, err)
	}
	shown("")
	remove(t, pool, store, "public")
	if _, err := store.StartSharing(t.Context(), pool, id); !errors.Is(err, post.ErrNotFound) {
		t.Errorf("share a post in the trash: %v", err)
	}
}

// A share link shows a draft without pending changes, too.
func TestShareADraft(t *testing.T) {
	t.Parallel()
	pool, store := newBlog(t)
	saved, err := store.Save(t.Context(), pool, post.SaveRequest{Document: post.Document{Title: "Draft", Content: "Words", Draft: true}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	share, err := store.StartSharing(t.Context(), pool, saved.Version.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := store.Shared(t.Context(), pool, share, 1<<20); err != nil || got.Title != "Draft" || got.HTML != "<p>Words</p>\n" {
		t.Errorf("the link shows %+v, %v", got, err)
	}
}

func TestParseShare(t *testing.T) {
	t.Parallel()
	token := strings.Repeat("A2", 13)
	for text, want := range map[string]bool{
		"7-" + token: true, "07-" + token: false, "-7-" + token: false, "0-" + token: false, "7-" + strings.ToLower(token): false, "7-" + token[1:]: false,
		"7-" + token[1:] + "\x00": false, "": false, "7": false, "99999999999999999999-" + token: false,
	} {
		if _, ok := post.ParseShare(text); ok != want {
			t.Errorf("ParseShare(%q) = %t", text, ok)
		}
	}
}
