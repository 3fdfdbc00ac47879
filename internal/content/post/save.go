package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/render"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
)

// writeTimeout bounds the transaction of Write, so that a locked table does not hold a connection for long.
const writeTimeout = 10 * time.Second

// SaveRequest is a post to save.
type SaveRequest struct {
	// Document is the post. Save normalizes it.
	Document Document
	// Base is the version that was edited; the zero value adds a new post. Changes made since are never overwritten.
	Base Version
	// Numbered adds a number to the slug, such as title-2, if another post has it.
	Numbered bool
	// Overwrite saves the document as the post with its slug, whether that exists or not, and ignores Base.
	Overwrite bool
	// Undated drops the date that a stored draft keeps, if the document has none.
	Undated bool
	// Quota of the blog.
	Quota Quota
	// Now is the current time.
	Now time.Time
}

// Outcome is what Save did.
type Outcome string

// The outcomes of Save.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
)

// Saved is the result of Save.
type Saved struct {
	Outcome Outcome
	// Slug is the slug under which the post is stored.
	Slug string
	// Notes tell the author what readers see otherwise than it was written.
	Notes []render.Note
}

// Prepared is a post that is ready to be written.
type Prepared struct {
	request  SaveRequest
	rendered render.Result
}

// Prepare checks and renders a post, which takes processor time but no connection. It returns *InvalidError if the document
// is invalid.
func Prepare(r SaveRequest) (Prepared, error) {
	r.Document.Normalize()
	if err := r.Document.Check(); err != nil {
		return Prepared{}, err
	}
	if r.Overwrite {
		r.Base = Version{}
	}
	rendered, err := Render(r.Document.Content)
	return Prepared{r, rendered}, err
}

// Save prepares and writes a post. Its errors are those of Prepare and Write.
func (s Store) Save(ctx context.Context, db postgres.Beginner, r SaveRequest) (Saved, error) {
	prepared, err := Prepare(r)
	if err != nil {
		return Saved{}, err
	}
	return s.Write(ctx, db, prepared)
}

// Write stores a post, in one transaction. Saving the same document again changes nothing, so a caller can retry after a
// lost response.
//
// Errors: *QuotaError if the blog has no room for the post, ErrSlugTaken if another post has its slug, ErrChanged if the
// post was changed since Base, and ErrNotFound if it was deleted since.
func (s Store) Write(ctx context.Context, db postgres.Beginner, p Prepared) (Saved, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	first := p.request.Document.Slug
	for number := 2; ; number++ {
		outcome, err := s.write(ctx, db, p)
		slug := p.request.Document.Slug
		switch {
		case err == nil:
			return Saved{outcome, slug, p.rendered.Notes}, nil
		case !p.request.Numbered || number > maxNumber || !errors.Is(err, ErrSlugTaken):
			return Saved{}, fmt.Errorf("save post %s: %w", slug, err)
		}
		p.request.Document.Slug = numbered(first, number)
	}
}

func (s Store) write(ctx context.Context, db postgres.Beginner, p Prepared) (outcome Outcome, err error) {
	err = pgx.BeginFunc(ctx, db, func(tx pgx.Tx) (err error) {
		outcome, err = s.store(ctx, tx, p.request, p.rendered)
		if errors.Is(err, errAdded) { // the post is visible now
			outcome, err = s.store(ctx, tx, p.request, p.rendered)
		}
		return err
	})
	return outcome, err
}

// Render renders the content of a post. It returns *InvalidError if the content is beyond the limits of package render.
func Render(markdown string) (render.Result, error) {
	rendered, err := render.Markdown(markdown, render.Options{})
	switch {
	case errors.Is(err, render.ErrTooLarge):
		return render.Result{}, invalid("content", "The content becomes more than %d MB of HTML. Split it into two posts.", render.MaxHTMLBytes>>20)
	case err != nil:
		return render.Result{}, invalid("content", "The content has too much markup, such as very large tables or lists. Split it into two posts.")
	}
	return rendered, nil
}

// errAdded is returned when another writer has just added a post with the slug: the same one, perhaps, after a second click.
var errAdded = fmt.Errorf("%w: it was just added", ErrSlugTaken)

func (s Store) store(ctx context.Context, tx pgx.Tx, r SaveRequest, rendered render.Result) (Outcome, error) {
	document, used := &r.Document, usage{}
	batch := &pgx.Batch{}
	// The registry's row is locked before the posts, in the same order as a migration locks them.
	batch.Queue(recordFirstPost, s.schema, r.Now)
	s.queueUsage(batch, r.Quota, r.Base.ID, document.Slug, &used)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return "", err
	}
	stored, err := s.lockStored(ctx, tx, r.Base, document.Slug)
	switch {
	case err != nil:
		return "", err
	case stored == nil && r.Base.ID != 0:
		return "", ErrNotFound
	case stored != nil && !r.Overwrite && !stored.Version.equal(r.Base):
		return Unchanged, stored.conflict(r)
	}
	size := int64(len(document.Content) + len(rendered.HTML))
	if err := r.Quota.check(used, stored != nil, size); err != nil {
		return "", err
	}
	if stored == nil {
		return s.insert(ctx, tx, r, rendered)
	}
	return s.update(ctx, tx, r, rendered, stored)
}

// recordFirstPost records when the first post of a blog was saved.
const recordFirstPost = `INSERT INTO public.first_posts (tenant_id, at)
	SELECT id, $2::timestamptz FROM public.tenants WHERE schema_name = $1 AND state = ` + directory.LiveSQL + ` ON CONFLICT DO NOTHING`

// lockStored locks and returns the post to update: the one of base, or else the one with the slug. nil: there is none.
func (s Store) lockStored(ctx context.Context, tx pgx.Tx, base Version, slug string) (*Source, error) {
	sources, err := s.selectSources(ctx, tx, `WHERE id = $1 OR slug = $2 FOR UPDATE`, base.ID, slug)
	if err != nil {
		return nil, err
	}
	for i := range sources {
		if base.ID != 0 && sources[i].ID != base.ID {
			continue
		}
		if len(sources) > 1 {
			return nil, ErrSlugTaken
		}
		return &sources[i], nil
	}
	return nil, nil
}

// conflict returns why a document that is based on another version of the post cannot be saved. nil: the same document
// has already been saved.
func (s *Source) conflict(r SaveRequest) error {
	document := &r.Document
	switch {
	case s.Slug == document.Slug && s.Title == document.Title && s.Author == document.Author && s.Content == document.Content &&
		s.Draft == document.Draft && r.keepsDate(s):
		return nil
	case r.Base.ID == 0:
		return ErrSlugTaken
	}
	return ErrChanged
}

// keepsDate reports whether saving would keep the date of the stored post.
func (r *SaveRequest) keepsDate(stored *Source) bool {
	if r.Document.Date.IsZero() {
		return !r.Undated || !stored.Draft || stored.Date.IsZero()
	}
	return r.Document.Date.Equal(stored.Date)
}

func (s Store) insert(ctx context.Context, tx pgx.Tx, r SaveRequest, rendered render.Result) (Outcome, error) {
	document, created := &r.Document, r.Now
	if !document.Date.IsZero() && document.Date.Before(r.Now) {
		created = document.Date
	}
	published, kept := r.dates(nil)
	tag, err := tx.Exec(ctx, `INSERT INTO `+s.table+` (slug, title, author, content, html, summary, created_at, updated_at, published_at, draft_date)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9) ON CONFLICT (slug) DO NOTHING`,
		document.Slug, document.Title, document.Author, document.Content, rendered.HTML, rendered.Summary, created, published, kept)
	switch {
	case err != nil:
		return "", err
	case tag.RowsAffected() == 0:
		return "", errAdded
	}
	return Created, nil
}

func (s Store) update(ctx context.Context, tx pgx.Tx, r SaveRequest, rendered render.Result, stored *Source) (Outcome, error) {
	document := &r.Document
	published, kept := r.dates(stored)
	tag, err := tx.Exec(ctx, `UPDATE `+s.table+` SET slug = $1, title = $2, author = $3, content = $4, html = $5, summary = $6,
			published_at = $7, draft_date = $8, updated_at = $9
		WHERE id = $10 AND (slug, title, author, content, html, summary, published_at, draft_date) IS DISTINCT FROM ($1, $2, $3, $4, $5, $6, $7, $8)`,
		document.Slug, document.Title, document.Author, document.Content, rendered.HTML, rendered.Summary, published, kept, r.Now, stored.ID)
	switch {
	case postgres.Code(err) == postgres.CodeUniqueViolation:
		return "", ErrSlugTaken // by another writer, since lockStored
	case err != nil:
		return "", err
	case tag.RowsAffected() == 0:
		return Unchanged, nil
	}
	return Updated, nil
}

// dates returns when readers see the document, and the date that it keeps as a draft; nil: they do not, and it has none.
// stored is the post that is updated; nil: there is none.
func (r *SaveRequest) dates(stored *Source) (published, kept *time.Time) {
	date := r.Document.Date
	if stored != nil && r.keepsDate(stored) {
		date = stored.Date
	}
	switch {
	case r.Document.Draft && date.IsZero():
		return nil, nil
	case r.Document.Draft:
		return nil, &date
	case date.IsZero():
		date = r.Now
	}
	return &date, nil
}
