// Package post stores the posts of tenants' blogs: what readers see, and what authors list, edit, save and delete. Every
// front end saves posts with Store.Save, whether it is a page, a command or an API.
package post

import (
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

// Entry is a published post in a list.
type Entry struct {
	// Slug is the last part of the post's address.
	Slug string
	// Title, Author and Summary are plain text, and may be empty.
	Title, Author, Summary string
	// Link is the address that a link post is about. Empty: it is none.
	Link string
	// Language is the BCP 47 tag of the post. Empty: unknown.
	Language string
	// Direction is ltr or rtl. Empty: unknown.
	Direction string
	// Pinned posts stand before the others.
	Pinned bool
	// Tags, Cover and CoverAlt are those of the Document.
	Tags            []string
	Cover, CoverAlt string
	// ContentBytes is the size of the content.
	ContentBytes int
	// PublishedAt is when the post was published.
	PublishedAt time.Time
	// Picture is the first picture of a post without a cover, and NoteHTML the whole of a note or a link post, sanitized, in lists whose
	// Parts ask for them.
	Picture  render.ShownPicture
	NoteHTML string
}

// Name returns the title, or the first words of a note. Empty: the post has no words.
func (e Entry) Name() string { return nameOf(e.Title, e.Summary) }

// Post is a post that readers see.
type Post struct {
	Entry
	// ID is unique in the blog.
	ID int64
	// HTML is the rendered content, sanitized. Empty if it was left out, because it is too large.
	HTML string
	// HTMLBytes is the size of the rendered content.
	HTMLBytes int
	// Excerpt, Description and CanonicalURL are those of the Document.
	Excerpt, Description, CanonicalURL string
	// CoverPicture is what FindPicture returns for the Cover, if the caller has asked it.
	CoverPicture render.Picture
	// Unlisted and Page say that no list of posts has the post.
	Unlisted, Page bool
	// CreatedAt is when the post was first saved, or the earlier date that its author gave.
	CreatedAt time.Time
	// UpdatedAt is when what readers see was last changed.
	UpdatedAt time.Time
}

// Item is a post, possibly a draft, in its author's list.
type Item struct {
	// ID is unique in the blog, and Slug the last part of the post's address.
	ID   int64
	Slug string
	// Title and Summary are plain text, and may be empty.
	Title, Summary string
	Tags           []string
	// PublishedAt is when readers see the post, which may be in the future. The zero time: it is a draft.
	PublishedAt time.Time
	// Unlisted, Page and Pinned are those of the Document.
	Unlisted, Page, Pinned bool
	// Pending says that readers do not see all changes.
	Pending bool
	// UpdatedAt is when the post was last changed.
	UpdatedAt time.Time
}

// Name returns the title, or the first words of a note. Empty: the post has no words.
func (i Item) Name() string { return nameOf(i.Title, i.Summary) }

// State returns the state at the time now.
func (i Item) State(now time.Time) State {
	return (&Document{Draft: i.PublishedAt.IsZero(), Unlisted: i.Unlisted, Date: i.PublishedAt}).State(now)
}

// Source is a stored post, possibly a draft, as its author edits it.
type Source struct {
	// Document is the post. Its Date is when readers see it, or what a draft keeps for its publication. The zero time: a
	// draft without a date.
	Document
	// Version identifies what was read.
	Version
	// Pending is the post with the changes that readers do not see yet. nil: there are none.
	Pending *Document
	// ShareToken is the secret of the link to what readers do not see yet. Empty: there is no such link.
	ShareToken string

	// autosaved says that the last change was saved by the editor.
	autosaved bool
	// pendingSince is the version of Document, if there is Pending.
	pendingSince time.Time
	// pinnedAt is since when the post is pinned.
	pinnedAt time.Time
}

// Latest returns the post as it was last written: with the pending changes, if there are any.
func (s *Source) Latest() Document {
	if s.Pending != nil {
		return *s.Pending
	}
	return s.Document
}

// Version identifies one state of one post. The zero value stands for a post that is not stored yet.
type Version struct {
	// ID is the post's ID.
	ID int64
	// UpdatedAt is when the post was last changed, by what readers see or by what they do not. Each change has a later time,
	// even if the clock was set back.
	UpdatedAt time.Time
}

func (v Version) equal(other Version) bool {
	return v.ID == other.ID && v.UpdatedAt.Equal(other.UpdatedAt)
}

// next returns the time of a change of this version at the time now.
func (v Version) next(now time.Time) time.Time {
	now = now.Truncate(time.Microsecond)
	if now.After(v.UpdatedAt) {
		return now
	}
	return v.UpdatedAt.Add(time.Microsecond)
}

var (
	// ErrNotFound is returned for a post that does not exist, or that readers cannot see.
	ErrNotFound = errors.New("no such post")
	// ErrChanged is returned when a post was changed after the version that an edit or a deletion is based on.
	ErrChanged = errors.New("the post has been changed in the meantime")
	// ErrSlugTaken is returned when another post has the slug.
	ErrSlugTaken = errors.New("another post has this slug")
	// ErrSlugRedirects is returned when another post has had the slug, which redirects to it. It is an ErrSlugTaken.
	ErrSlugRedirects = fmt.Errorf("%w: it redirects there", ErrSlugTaken)
)

// MovedError is returned for the former slug of a post that readers see.
type MovedError struct {
	// Slug is the present one.
	Slug string
}

func (e *MovedError) Error() string { return "the post has moved to " + e.Slug }
