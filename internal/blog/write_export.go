package blog

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
)

const (
	// exportsAtOnce bounds how many exports run at the same time; another one waits for up to exportWait.
	exportsAtOnce = 4
	exportWait    = 10 * time.Second
	// exportTimeout bounds a whole export, and batchTimeout the way of one batch to the browser.
	exportTimeout = 10 * time.Minute
	batchTimeout  = time.Minute
)

// export gives the owner all posts, drafts included, as Markdown files that "kubectl echoblogs post" reads.
func (s *site) export(w http.ResponseWriter, r *ownerRequest) error {
	leave, err := wait(r.Context(), s.bounds.exports, exportWait)
	if err != nil {
		return err
	}
	defer leave()
	archive, err := transfer.NewExport(func(after int64) ([]post.Source, error) {
		ctx, cancel := r.statementContext()
		defer cancel()
		return r.tenant.posts().ListSources(ctx, s.pool, after, transfer.ExportBatch)
	})
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="`+r.tenant.Name+`.zip"`)
	header.Set("Cache-Control", "no-store")
	connection, began := http.NewResponseController(w), time.Now()
	err = archive.Write(w, func() error {
		if time.Since(began) > exportTimeout {
			return fmt.Errorf("an export took longer than %s", exportTimeout)
		}
		if err := connection.SetWriteDeadline(time.Now().Add(batchTimeout)); err != nil {
			s.log.LogAttrs(r.Context(), slog.LevelDebug, "Cannot give an export more time", slog.String("cause", err.Error()))
		}
		return nil
	})
	if err != nil {
		if r.Context().Err() == nil {
			s.logFailure(r.Request, r.tenant, err)
		}
		panic(http.ErrAbortHandler) // half an archive is out: only a broken connection tells the browser
	}
	return nil
}
