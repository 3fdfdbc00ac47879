package transfer

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
)

// ExportBatch is how many posts an Export reads at a time.
const ExportBatch = 10

// ExportBatchBytes is the size of their content, unless the first is larger.
const ExportBatchBytes = 1 << 20

// The names of what an archive has besides the posts.
const (
	// SettingsFile has the settings, if the owner has set any.
	SettingsFile = "settings.json"
	// UnpublishedFolder has the posts with changes that readers do not see yet, which are in the archive without them, too.
	UnpublishedFolder = "unpublished/"
)

// Export is an archive of a blog: a ZIP file with a Markdown file for each post, drafts included, and the uploads.
type Export struct {
	settings settings.Stored
	uploads  Uploads
	names    fileNames
	first    []post.Source
	read     func(after int64) ([]post.Source, error)
}

// NewExport reads the first posts, so that an error is known before anything is written. read returns the posts after an
// ID, at most ExportBatch and ExportBatchBytes of them, as post.Store.ListSources does. No connection is held while a batch is written.
func NewExport(set settings.Stored, uploads Uploads, read func(after int64) ([]post.Source, error)) (*Export, error) {
	first, err := read(0)
	if err != nil {
		return nil, err
	}
	return &Export{set, uploads, fileNames{}, first, read}, nil
}

// Write writes the archive. It calls next before each batch of posts and each chunk of an upload, and stops if that returns an
// error.
func (e *Export) Write(ctx context.Context, w io.Writer, next func() error) error {
	archive := zip.NewWriter(w)
	if err := e.addSettings(archive); err != nil {
		return err
	}
	for batch := e.first; len(batch) > 0; {
		if err := next(); err != nil {
			return err
		}
		for i := range batch {
			if err := e.addPost(archive, &batch[i]); err != nil {
				return err
			}
		}
		var err error
		if batch, err = e.read(batch[len(batch)-1].ID); err != nil {
			return err
		}
	}
	if err := e.addUploads(ctx, archive, next); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("finish the archive: %w", err)
	}
	return nil
}

func (e *Export) addPost(archive *zip.Writer, source *post.Source) error {
	name := e.names.of(source.Slug)
	content, err := Format(source.Document)
	if err == nil {
		err = addFile(archive, name, content, source.UpdatedAt)
	}
	if err != nil || source.Pending == nil {
		return err
	}
	if content, err = Format(*source.Pending); err != nil {
		return err
	}
	return addFile(archive, UnpublishedFolder+name, content, source.UpdatedAt)
}

func addFile(archive *zip.Writer, name string, content []byte, modified time.Time) error {
	file, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified.UTC()})
	if err == nil {
		_, err = file.Write(content)
	}
	if err != nil {
		return fmt.Errorf("add %s to the archive: %w", name, err)
	}
	return nil
}
