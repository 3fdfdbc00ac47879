package editor

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/settings"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

const (
	// exportTimeout bounds an export, most of which is uploads, and batchTimeout the time to send one batch or chunk of it.
	exportTimeout = time.Hour
	batchTimeout  = time.Minute
)

// export sends all posts, drafts included, as an archive of Markdown files that "kubectl echoblogs post" reads, with the uploads.
func (e *Editor) export(w http.ResponseWriter, r *request) error {
	release, err := acquire(r.Context(), e.capacity.exports, r.tenant.ID, exportWait)
	if err != nil {
		return err
	}
	defer release()
	var set settings.Stored
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		set, err = settings.NewStore(r.tenant.SchemaName).Load(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	archive, err := transfer.NewExport(set, e.uploads.Store(r.tenant), func(after int64) (batch []post.Source, err error) {
		err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
			batch, err = r.posts().ListSources(ctx, db, after, transfer.ExportBatch, transfer.ExportBatchBytes)
			return err
		})
		return batch, err
	})
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="`+naming.FileName(r.tenant.Name, ".zip")+`"`)
	header.Set("Cache-Control", "no-store")
	connection, started := http.NewResponseController(w), time.Now()
	err = archive.Write(r.Context(), w, func() error {
		if time.Since(started) > exportTimeout {
			return fmt.Errorf("the export took longer than %s", exportTimeout)
		}
		if err := connection.SetWriteDeadline(time.Now().Add(batchTimeout)); err != nil {
			e.Log.LogAttrs(r.Context(), slog.LevelDebug, "Cannot extend the deadline of an export", slog.String("cause", err.Error()))
		}
		return nil
	})
	if err != nil {
		if r.Context().Err() == nil {
			e.LogFailure(r.Request, r.tenant, err)
		}
		panic(http.ErrAbortHandler) // part of the archive has been sent: only a broken connection shows the error
	}
	return nil
}
