package transfer

import (
	"archive/zip"
	"fmt"
	"io"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
)

// ExportBatch is how many posts an Export reads at a time.
const ExportBatch = 10

// ExportBatchBytes is the size of their content, unless the first is larger.
const ExportBatchBytes = 1 << 20

// Export is an archive of all posts of a blog, drafts included: a ZIP file with a Markdown file for each post.
type Export struct {
	first []post.Source
	read  func(after int64) ([]post.Source, error)
}

// NewExport reads the first posts, so that an error is known before anything is written. read returns the posts after an
// ID, at most ExportBatch and ExportBatchBytes of them, as post.Store.ListSources does. No connection is held while a batch is written.
func NewExport(read func(after int64) ([]post.Source, error)) (*Export, error) {
	first, err := read(0)
	if err != nil {
		return nil, err
	}
	return &Export{first, read}, nil
}

// Write writes the archive. It calls next before each batch, and stops if that returns an error.
func (e *Export) Write(w io.Writer, next func() error) error {
	archive := zip.NewWriter(w)
	for batch := e.first; len(batch) > 0; {
		if err := next(); err != nil {
			return err
		}
		for i := range batch {
			if err := addFile(archive, &batch[i]); err != nil {
				return err
			}
		}
		var err error
		if batch, err = e.read(batch[len(batch)-1].ID); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("finish the archive: %w", err)
	}
	return nil
}

func addFile(archive *zip.Writer, source *post.Source) error {
	content, err := Format(source.Document)
	if err != nil {
		return err
	}
	file, err := archive.CreateHeader(&zip.FileHeader{Name: naming.FileName(source.Slug, ".md"), Method: zip.Deflate, Modified: source.UpdatedAt.UTC()})
	if err == nil {
		_, err = file.Write(content)
	}
	if err != nil {
		return fmt.Errorf("add post %s to the archive: %w", source.Slug, err)
	}
	return nil
}
