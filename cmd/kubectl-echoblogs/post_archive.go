package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// archiveOptions say how an export is saved.
type archiveOptions struct {
	// draft saves posts as drafts, and settings replaces those that the blog has.
	draft, settings bool
}

// postArchive saves the uploads, the settings and the posts of an export. Each has the time of a command of its own.
func postArchive(ctx context.Context, out io.Writer, flags *clusterFlags, name, file string, o archiveOptions) error {
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
	// Posts are rendered with the settings.
	if err := b.saveSettings(ctx, out, &archive.Reader, moved, o.settings); err != nil {
		return err
	}
	posts := 0
	// What readers see comes before changes of it.
	for _, folder := range []string{"", transfer.UnpublishedFolder} {
		for _, entry := range archive.File {
			if in, name := path.Split(entry.Name); in != folder || path.Ext(name) != ".md" {
				continue
			}
			if err := b.saveEntry(ctx, out, entry, moved, folder != "", o.draft); err != nil {
				return fmt.Errorf("%q: %w", entry.Name, err) // a name can have sequences that a terminal obeys
			}
			posts++
		}
	}
	elsewhere := -posts
	for _, entry := range archive.File {
		if path.Ext(entry.Name) == ".md" {
			elsewhere++
		}
	}
	switch {
	case posts+len(moved) == 0:
		return fmt.Errorf("%s has no posts: use the file that \"Export posts\" downloads, as it is", file)
	case elsewhere > 0:
		_, err = fmt.Fprintf(out, "%d Markdown files are in other folders, where an export has no posts: they were not read\n", elsewhere)
	}
	return err
}

// receive stores the uploads of an export. It returns their IDs here by those in the export.
func (b *blog) receive(ctx context.Context, out io.Writer, archive *zip.Reader) (moved map[string]string, err error) {
	receiver, store := media.NewReceiver(), media.NewPostgres(media.UsePool(b.db), b.row.SchemaName)
	moved = map[string]string{}
	err = transfer.ReadUploads(archive, func(u transfer.Upload, content io.Reader) error {
		limits := media.Limits{MaxStorageBytes: b.row.Limits.MaxStorageBytes, OtherBytes: post.NewStore(b.row.SchemaName).BytesWithoutMedia}
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

// saveSettings saves the settings of an export, unless the blog has others that are not to be replaced: there are no revisions of them.
func (b *blog) saveSettings(ctx context.Context, out io.Writer, archive *zip.Reader, moved map[string]string, replace bool) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	read, found, err := transfer.ReadSettings(archive)
	if err != nil || !found {
		return err
	}
	read = transfer.MoveSettings(read, moved)
	read.Normalize()
	own := b.settings.UpdatedAt
	if !own.IsZero() && !replace && !reflect.DeepEqual(read, b.settings.Settings) {
		fmt.Fprintln(out, "kept the settings of the blog: --settings replaces them with those of the export")
		return nil
	}
	stored, err := settings.NewStore(b.row.SchemaName).Save(ctx, b.db, settings.SaveRequest{Settings: read, Base: own, Now: time.Now()})
	var invalid *settings.InvalidError
	switch {
	case errors.As(err, &invalid):
		return fmt.Errorf("%s: %w", transfer.SettingsFile, invalid)
	case errors.Is(err, settings.ErrChanged):
		return fmt.Errorf("the settings of %s are being changed by someone else: run the command again", b.name)
	case err != nil:
		return fmt.Errorf("save the settings of the blog of %s: %s", b.name, postgres.LogText(err))
	}
	b.settings = stored
	outcome := post.Updated
	if stored.UpdatedAt.Equal(own) {
		outcome = post.Unchanged
	}
	fmt.Fprintf(out, "%s settings\n", outcome)
	return nil
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
