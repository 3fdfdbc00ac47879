package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// postArchive saves the uploads and the posts of an export. Each has the time of a command of its own.
func postArchive(ctx context.Context, out io.Writer, flags *clusterFlags, name, file string, draft bool) error {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("open the export: %w", err)
	}
	defer archive.Close()
	opening, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	b, err := openBlog(opening, flags, name)
	if err != nil {
		return err
	}
	defer b.db.Close()
	moved, err := b.receive(ctx, out, &archive.Reader)
	if err != nil {
		return err
	}
	posts := 0
	// What readers see comes before changes of it.
	for _, folder := range []string{"", transfer.UnpublishedFolder} {
		for _, entry := range archive.File {
			if in, name := path.Split(entry.Name); in != folder || path.Ext(name) != ".md" {
				continue
			}
			if err := b.saveEntry(ctx, out, entry, moved, folder != "", draft); err != nil {
				return fmt.Errorf("%s: %w", entry.Name, err)
			}
			posts++
		}
	}
	if posts+len(moved) == 0 {
		return fmt.Errorf("%s has no posts: use the file that \"Export posts\" downloads, as it is", file)
	}
	return nil
}

// receive stores the uploads of an export. It returns their IDs here by those in the export.
func (b *blog) receive(ctx context.Context, out io.Writer, archive *zip.Reader) (moved map[string]string, err error) {
	receiver, store := media.NewReceiver(), media.NewPostgres(media.UsePool(b.db), b.row.SchemaName)
	moved = map[string]string{}
	err = transfer.ReadUploads(archive, func(u transfer.Upload, content io.Reader) error {
		limits := media.Limits{MaxStorageBytes: b.row.Limits.MaxStorageBytes}
		used, err := post.NewStore(b.row.SchemaName).Usage(ctx, b.db)
		if err != nil {
			return fmt.Errorf("measure the blog of %s: %s", b.name, postgres.LogText(err))
		}
		limits.OtherBytes = used.Bytes() - used.MediaBytes
		stored, err := receiver.Receive(ctx, store, media.Upload{
			TenantID: b.row.ID, Name: u.Name, Alt: u.Alt, Size: -1, Body: content, Limits: limits,
		})
		if err != nil {
			return b.uploadError(u, err)
		}
		moved[u.ID] = stored.ID
		_, err = fmt.Fprintf(out, "uploaded %s\n", stored.Name)
		return err
	})
	return moved, err
}

// uploadError returns the sentence for authors, if there is one.
func (b *blog) uploadError(u transfer.Upload, err error) error {
	var (
		refused  *media.RefusedError
		tooLarge *media.TooLargeError
		full     *media.QuotaError
		invalid  *media.InvalidError
	)
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &tooLarge):
		return tooLarge
	case errors.As(err, &full):
		return full
	case errors.As(err, &invalid):
		return invalid
	}
	return fmt.Errorf("store %s in the blog of %s: %s", u.File, b.name, postgres.LogText(err))
}

// saveEntry saves a file of an export: as changes that readers do not see yet, if unpublished.
func (b *blog) saveEntry(ctx context.Context, out io.Writer, entry *zip.File, moved map[string]string, unpublished, draft bool) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	file, err := entry.Open()
	if err != nil {
		return fmt.Errorf("open the post: %w", err)
	}
	defer file.Close()
	document, err := parseDocument(file, entry.Name)
	if err != nil {
		return err
	}
	document = transfer.MoveUploads(document, moved)
	document.Draft = document.Draft || draft
	return b.save(ctx, out, post.SaveRequest{Document: document, Unpublished: unpublished})
}
