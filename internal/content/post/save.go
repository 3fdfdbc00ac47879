package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
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
	// TakeRedirect takes the slug from the post that it redirects to, which then loses that former address.
	TakeRedirect bool
	// Overwrite saves the document as the post with its slug, whether that exists or not, and ignores Base.
	Overwrite bool
	// Undated drops the date that a stored draft keeps, if the document has none.
	Undated bool
	// Autosave says that the editor saves, and not its author: such saves soon replace one another among the revisions.
	Autosave bool
	// Unpublished changes nothing that readers see: a new post becomes a draft, a draft stays one, and changes of another post
	// become pending changes. They may be empty.
	Unpublished bool
	// SmartPunctuation is the setting of the blog.
	SmartPunctuation bool
	// Zone is the time zone of the blog. nil: UTC.
	Zone *time.Location
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
	// Version is the stored version, which the next save is based on.
	Version Version
	// Slug is the slug under which the post is stored.
	Slug string
	// Notes tell the author what readers see otherwise than it was written.
	Notes []render.Note
	// Warnings tell the author what may be missing.
	Warnings []render.Note
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
// lost response; a note that is retried needs a slug, since its own would be that of another minute.
//
// Errors: *QuotaError if the blog has no room for the post, ErrSlugTaken if another post has its slug, ErrSlugRedirects if it had
// it, ErrChanged if the post was changed since Base, and ErrNotFound if it was deleted since.
func (s Store) Write(ctx context.Context, db postgres.Beginner, p Prepared) (Saved, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	if err := s.showPictures(ctx, db, &p.rendered); err != nil {
		return Saved{}, fmt.Errorf("save post %s: %w", p.request.Document.Slug, err)
	}
	first := p.request.Document.Slug
	for number := 2; ; number++ {
		saved, err := s.write(ctx, db, p)
		slug := p.request.Document.Slug
		switch {
		case err == nil:
			saved.Notes, saved.Warnings = p.rendered.Notes, p.rendered.Warnings
			return saved, nil
		case !p.request.Numbered || number > maxNumber || !errors.Is(err, ErrSlugTaken):
			return Saved{}, fmt.Errorf("save post %s: %w", slug, err)
		}
		p.request.Document.Slug = numbered(first, number)
	}
}

func (s Store) write(ctx context.Context, db postgres.Beginner, p Prepared) (saved Saved, err error) {
	err = contentversion.Change(ctx, db, s.schema, func(tx pgx.Tx) (err error) {
		saved, err = s.store(ctx, tx, p)
		if errors.Is(err, errAdded) { // the post is visible now
			saved, err = s.store(ctx, tx, p)
		}
		return err
	})
	return saved, err
}

// errAdded is returned when another writer has just added a post with the slug: the same one, perhaps, after a second click.
var errAdded = fmt.Errorf("%w: it was just added", ErrSlugTaken)

func (s Store) store(ctx context.Context, tx pgx.Tx, p Prepared) (Saved, error) {
	r, used := &p.request, usage{}
	batch := &pgx.Batch{}
	// The registry's row is locked before the posts, in the same order as a migration locks them.
	batch.Queue(recordFirstPost, s.schema, r.Now)
	s.queueLock(batch, r.Quota)
	s.queuePurge(batch, r.Now)
	s.queueUsage(batch, r.Quota, r.Base.ID, r.Document.Slug, &used)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return Saved{}, err
	}
	stored, err := s.lockStored(ctx, tx, r.Base, r.Document.Slug)
	switch {
	case err != nil:
		return Saved{}, err
	case stored == nil && r.Base.ID != 0:
		return Saved{}, ErrNotFound
	case stored != nil && p.timed && r.Base.ID != 0:
		r.Document.Slug = stored.Slug // it was given when the post was new
	}
	r.hide(stored)
	if stored != nil && !r.Overwrite && !stored.Version.equal(r.Base) {
		return Saved{Outcome: Unchanged, Version: stored.Version, Slug: stored.Slug}, stored.conflict(r)
	}
	if err := s.claimSlugs(ctx, tx, r, stored); err != nil {
		return Saved{}, err
	}
	switch {
	case stored == nil:
		return s.insert(ctx, tx, p, used)
	case r.Unpublished && !stored.Draft:
		return s.updatePending(ctx, tx, p, stored, used)
	}
	return s.update(ctx, tx, p, stored, used)
}

// hide makes a document that is saved as unpublished a draft, if it is not to be pending changes of the stored post.
func (r *SaveRequest) hide(stored *Source) {
	if r.Unpublished {
		r.Document.Draft = stored == nil || stored.Draft
	}
}

// recordFirstPost records when the first post of a blog was saved.
const recordFirstPost = `INSERT INTO public.first_posts (tenant_id, at)
	SELECT id, $2::timestamptz FROM public.tenants WHERE schema_name = $1 AND state = ` + directory.LiveSQL + ` ON CONFLICT DO NOTHING`

// lockStored locks and returns the post to update: the one of base, or else the one with the slug. nil: there is none.
func (s Store) lockStored(ctx context.Context, tx pgx.Tx, base Version, slug string) (*Source, error) {
	sources, err := s.selectSources(ctx, tx, `WHERE (id = $1 OR slug = $2) AND NOT (`+inTrash+`) FOR UPDATE`, base.ID, slug)
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
func (s *Source) conflict(r *SaveRequest) error {
	latest := s.Document
	if r.Unpublished {
		latest = s.Latest()
	}
	document := r.Document
	document.OldSlugs = latest.OldSlugs // the stored ones are a part of the post, and not of what was written
	switch {
	case latest.equal(document) && r.keepsDate(s) && (r.Unpublished || s.Pending == nil):
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

func (s Store) insert(ctx context.Context, tx pgx.Tx, p Prepared, used usage) (Saved, error) {
	r := &p.request
	if err := s.fit(ctx, tx, r.Quota, used, room{posts: 1, bytes: p.size()}); err != nil {
		return Saved{}, err
	}
	created := r.Now.Truncate(time.Microsecond)
	if !r.Document.Date.IsZero() && r.Document.Date.Before(created) {
		created = r.Document.Date
	}
	saved, row := Saved{Outcome: Created, Slug: r.Document.Slug, Version: Version{UpdatedAt: created}}, p.row(nil)
	err := tx.QueryRow(ctx, row.insert(s.table), append(row.values(), created, r.Autosave)...).Scan(&saved.Version.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Saved{}, errAdded
	case err != nil:
		return Saved{}, err
	}
	return saved, nil
}

func (s Store) update(ctx context.Context, tx pgx.Tx, p Prepared, stored *Source, used usage) (Saved, error) {
	r := &p.request
	saved := Saved{Outcome: Updated, Slug: r.Document.Slug, Version: Version{stored.ID, stored.next(r.Now)}}
	row := p.row(stored)
	tag, err := tx.Exec(ctx, row.update(s.table), append(row.values(), saved.Version.UpdatedAt, r.Autosave, stored.ID)...)
	switch {
	case postgres.Code(err) == postgres.CodeUniqueViolation:
		return Saved{}, ErrSlugTaken // by another writer, since lockStored
	case err != nil:
		return Saved{}, err
	case tag.RowsAffected() == 0:
		saved.Outcome, saved.Version = Unchanged, stored.Version
		return saved, s.confirm(ctx, tx, r, stored)
	}
	kept, err := s.keepRevisions(ctx, tx, r, stored, true)
	if err != nil {
		return Saved{}, err
	}
	return saved, s.fit(ctx, tx, r.Quota, used, room{bytes: p.size(), revisions: kept})
}

// size returns how many bytes the post takes.
func (p *Prepared) size() int64 { return int64(len(p.request.Document.Content) + len(p.rendered.HTML)) }
