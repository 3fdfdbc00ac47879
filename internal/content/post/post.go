// Package post stores the posts of tenants' blogs: what readers see, and what authors list, edit, save and delete. Every
// front end saves posts with Store.Save, whether it is a page, a command or an API.
package post

import (
	"errors"
	"time"
)

// Entry is a published post in a list.
type Entry struct {
	// Slug is the last part of the post's address.
	Slug string
	// Title, Author and Summary are plain text. Author and Summary may be empty.
	Title, Author, Summary string
	// PublishedAt is when the post was published.
	PublishedAt time.Time
}

// Post is a published post.
type Post struct {
	Entry
	// ID is unique in the blog.
	ID int64
	// HTML is the rendered content, sanitized. Empty if it was left out, because it is too large.
	HTML string
	// HTMLBytes is the size of the rendered content.
	HTMLBytes int
	// CreatedAt is when the post was first saved, or the earlier date that its author gave.
	CreatedAt time.Time
	// UpdatedAt is when the post was last changed.
	UpdatedAt time.Time
}

// Item is a post, possibly a draft, in its author's list.
type Item struct {
	// Slug is the last part of the post's address.
	Slug string
	// Title is plain text.
	Title string
	// PublishedAt is when readers see the post, which may be in the future. The zero time: it is a draft.
	PublishedAt time.Time
	// UpdatedAt is when the post was last changed.
	UpdatedAt time.Time
}

// Source is a stored post, possibly a draft, as its author edits it.
type Source struct {
	// Document is the post. Its Date is when readers see it, or what a draft keeps for its publication. The zero time: a
	// draft without a date.
	Document
	// Version identifies what was read.
	Version
}

// Version identifies one state of one post. The zero value stands for a post that is not stored yet.
type Version struct {
	// ID is the post's ID.
	ID int64
	// UpdatedAt is when the post was last changed.
	UpdatedAt time.Time
}

func (v Version) equal(other Version) bool {
	return v.ID == other.ID && v.UpdatedAt.Equal(other.UpdatedAt)
}

var (
	// ErrNotFound is returned for a post that does not exist, or that readers cannot see.
	ErrNotFound = errors.New("no such post")
	// ErrChanged is returned when a post was changed after the version that an edit or a deletion is based on.
	ErrChanged = errors.New("the post has been changed in the meantime")
	// ErrSlugTaken is returned when another post has the slug.
	ErrSlugTaken = errors.New("another post has this slug")
)
