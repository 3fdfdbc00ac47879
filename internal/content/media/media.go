// Package media stores what authors upload: pictures, which are prepared for the web by package picture, and PDF documents.
// Contents are streamed in chunks in both directions, so that neither an upload nor a download holds a file in memory.
package media

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
)

// PDF is the media type of documents. All other types are those of pictures.
const PDF = "application/pdf"

// File is an upload.
type File struct {
	// ID is part of the addresses, and cannot be guessed.
	ID string
	// Name is the name of the file on the author's device, with an extension that fits its type.
	Name string
	// Type is the media type of the content.
	Type string
	// Size is the size of the content, in bytes.
	Size int64
	// Width and Height are the size of the picture as it is seen, in pixels. 0: it is no picture.
	Width, Height int
	// Alt describes the picture to those who cannot see it. Empty: the author has not done so.
	Alt string
	// CreatedAt is when the upload began.
	CreatedAt time.Time
	// Variants are smaller copies of the picture, the largest first.
	Variants []Variant
	// Hash identifies the content, so that the same file is stored once.
	Hash []byte
}

// Variant is a smaller copy of a picture. A document has none.
type Variant struct {
	// Type is the media type.
	Type string `json:"type"`
	// Width and Height are in pixels.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Size is in bytes.
	Size int64 `json:"size"`
}

// StoredBytes is what the file counts towards the storage limit: its content and its variants.
func (f File) StoredBytes() int64 {
	total := f.Size
	for _, variant := range f.Variants {
		total += variant.Size
	}
	return total
}

// Original is the width that stands for the content itself, and not for a variant.
const Original = 0

// variant returns the type and the size of a variant.
func (f File) variant(width int) (contentType string, size int64, ok bool) {
	if width == Original {
		return f.Type, f.Size, true
	}
	for _, variant := range f.Variants {
		if variant.Width == width {
			return variant.Type, variant.Size, true
		}
	}
	return "", 0, false
}

// SizeOf returns the width and height of the picture or of a variant, in pixels: 0 for a document.
func (f File) SizeOf(variantWidth int) (width, height int, ok bool) {
	if variantWidth == Original {
		return f.Width, f.Height, true
	}
	for _, variant := range f.Variants {
		if variant.Width == variantWidth {
			return variant.Width, variant.Height, true
		}
	}
	return 0, 0, false
}

// Content is what one address of a file serves.
type Content struct {
	// File is the upload.
	File File
	// Type is the media type, and Size the size in bytes: of the file or of a variant.
	Type string
	Size int64
	// Width is that of the variant, or Original.
	Width int
	// ReadSeeker reads the content in chunks. It takes about three times ChunkBytes of memory.
	io.ReadSeeker
}

// ChunkBytes is the size of a chunk, the unit of every read and write: large enough that a picture takes few statements, and
// small enough for a hundred downloads at the same time.
//
// With the rest of a row, it fills a buffer of 256 KiB, in which pgx reads.
const ChunkBytes = 255 << 10

var (
	// ErrNotFound is returned for a file or a variant that does not exist, or that was deleted meanwhile.
	ErrNotFound = errors.New("no such upload")
	// ErrBroken is returned when the client's part of an upload cannot be read, because it has disconnected or takes too long.
	ErrBroken = errors.New("the upload broke off")
)

// Store stores the uploads of one blog. A file that is not complete is in no list and cannot be opened.
//
// Every write can be repeated after a lost response.
type Store interface {
	// Begin reserves room for a file. It returns *QuotaError if there is not enough, and removes uploads that a crash left.
	Begin(ctx context.Context, draft Draft, limits Limits) error
	// Write returns a writer of the content of a file that is not complete, or of a variant.
	Write(ctx context.Context, id string, width int) Writer
	// Complete makes a file visible, with what was written and not listed in its variants removed. If the blog has a complete
	// file with the same hash, it removes the new one and returns that. It returns *QuotaError if the file takes more room
	// than is left, and ErrNotFound if the file was removed meanwhile.
	Complete(ctx context.Context, file File, upright bool, limits Limits, now time.Time) (File, error)
	// Abort removes a file that is not complete. It succeeds if there is none: a file that Complete has completed, without
	// its response, stays, and the client's retry finds it.
	Abort(ctx context.Context, id string) error
	// Open returns the content of a complete file, or of a variant. Reading it ends with ctx.
	Open(ctx context.Context, id string, width int) (Content, error)
	// Find returns those of the files that are complete, in any order. More than MaxFound are an error.
	Find(ctx context.Context, ids []string) ([]File, error)
	// List returns complete files, the newest first.
	List(ctx context.Context, limit, offset int) ([]File, error)
	// ListAfter returns complete files with an ID greater than afterID, by ID. A caller reads all files in batches by passing
	// the last ID of a batch, and "" at first: none that exists all the time is missed, or returned twice.
	ListAfter(ctx context.Context, afterID string, limit int) ([]File, error)
	// SetAlt sets the description of a picture. It returns *InvalidError if that is too long, and ErrNotFound.
	SetAlt(ctx context.Context, id, alt string) error
	// Delete removes a file and all that was written of it. It succeeds if there is none.
	Delete(ctx context.Context, id string) error
	// Usage returns how much is stored.
	Usage(ctx context.Context) (Usage, error)
	// Sweep removes uploads that a crash left, at most SweepBatch, and returns how many.
	Sweep(ctx context.Context, now time.Time) (int, error)
	// Draft returns the content, of size bytes, of a file that is not complete.
	Draft(ctx context.Context, id string, size int64) io.ReadSeeker
}

// Draft is a file whose upload begins.
type Draft struct {
	// ID, Name and Alt are those of the File.
	ID, Name, Alt string
	// Size is the size in bytes that the client announced. Negative: it is not known.
	Size int64
	// Now is the current time.
	Now time.Time
}

// Writer receives the content of a file in chunks. Nothing but complete chunks is stored before Close.
type Writer interface {
	picture.Output
	io.Closer
	// Size is how many bytes were written.
	Size() int64
	// Hash identifies what was written, after Close.
	Hash() []byte
}

// Usage is how much of a blog's storage uploads take.
type Usage struct {
	// Files is the number of files, and Bytes their size with variants. Uploads that are not complete count with what they
	// reserved.
	Files, Bytes int64
}

const (
	// MaxAge is how long an upload may take. It is less than StaleAfter, so that no upload is removed while it runs.
	MaxAge = 30 * time.Minute
	// StaleAfter is when an upload that is not complete was left by a crash.
	StaleAfter = time.Hour
	// SweepBatch is how many such uploads one statement removes.
	SweepBatch = 10
	// MaxFound is how many files Find returns.
	MaxFound = 500
)
