package blog

import (
	"archive/zip"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/posts"
)

const (
	// exportBatch is how many posts are in memory at a time.
	exportBatch = 10
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
	batch, err := s.exportBatch(r, 0)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="`+r.tenant.Name+`.zip"`)
	header.Set("Cache-Control", "no-store")
	if err := s.writeArchive(w, r, batch); err != nil {
		if r.Context().Err() == nil {
			s.logFailure(r.Request, r.tenant, err)
		}
		panic(http.ErrAbortHandler) // half an archive is out: only a broken connection tells the browser
	}
	return nil
}

func (s *site) exportBatch(r *ownerRequest, after int64) ([]posts.Source, error) {
	ctx, cancel := r.statementContext()
	defer cancel()
	return r.tenant.posts.Export(ctx, s.pool, after, exportBatch)
}

// writeArchive writes the posts of a first batch and of all that follow.
func (s *site) writeArchive(w http.ResponseWriter, r *ownerRequest, batch []posts.Source) error {
	connection, began := http.NewResponseController(w), time.Now()
	archive := zip.NewWriter(w)
	for len(batch) > 0 {
		if err := connection.SetWriteDeadline(time.Now().Add(batchTimeout)); err != nil {
			s.log.LogAttrs(r.Context(), slog.LevelDebug, "Cannot give an export more time", slog.String("cause", err.Error()))
		}
		for i := range batch {
			if err := writeFile(archive, &batch[i]); err != nil {
				return err
			}
		}
		if time.Since(began) > exportTimeout {
			return fmt.Errorf("an export took longer than %s", exportTimeout)
		}
		var err error
		if batch, err = s.exportBatch(r, batch[len(batch)-1].ID); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("end an archive: %w", err)
	}
	return nil
}

func writeFile(archive *zip.Writer, source *posts.Source) error {
	content, err := source.Markdown()
	if err != nil {
		return err
	}
	file, err := archive.CreateHeader(&zip.FileHeader{Name: source.Slug + ".md", Method: zip.Deflate, Modified: source.UpdatedAt.UTC()})
	if err == nil {
		_, err = file.Write(content)
	}
	if err != nil {
		return fmt.Errorf("write post %s into an archive: %w", source.Slug, err)
	}
	return nil
}
