package editor

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// revisionsView is the data of the list of a post's revisions. Authors know them as versions.
type revisionsView struct {
	// Name names the post, and EditPath is where it is edited.
	Name, EditPath string
	Items          []revisionItem
}

// Minutes is the time between two revisions while the author writes.
func (revisionsView) Minutes() int { return int(post.RevisionInterval.Minutes()) }

type revisionItem struct {
	// Address is where the revision is compared, and When and Size are for people.
	Address, When, Size string
}

// revisionsPath is where the revisions of a post are listed.
func revisionsPath(slug string) string { return site.EditPath(slug) + "revisions/" }

// revisions lists the revisions of a post, or compares the one that the query names with the present text.
func (e *Editor) revisions(w http.ResponseWriter, r *request) error {
	source, err := e.findPost(r)
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	if at := r.URL.Query().Get("at"); at != "" {
		return e.compare(w, r, &revisionView{At: revision(at)}, source, http.StatusOK)
	}
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	var found []post.Revision
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		found, err = r.posts().ListRevisions(ctx, db, source.ID)
		return err
	})
	if err != nil {
		return err
	}
	author, latest := clock{r.now, set.Location()}, source.Latest()
	list := revisionsView{Name: nameInForms(&latest), EditPath: site.EditPath(source.Slug)}
	for _, revision := range found {
		list.Items = append(list.Items, revisionItem{
			Address: revisionsPath(source.Slug) + "?at=" + strconv.FormatInt(revision.SavedAt.UnixMicro(), 10),
			When:    author.moment(revision.SavedAt), Size: media.FormatBytes(int64(revision.Size)),
		})
	}
	return e.show(w, r, view{name: "revisions", title: "Versions", style: "posts.css", Data: list})
}

// notFoundOr answers if there is no such post. Otherwise it returns the error.
func (e *Editor) notFoundOr(w http.ResponseWriter, r *request, err error) error {
	if errors.Is(err, post.ErrNotFound) {
		e.NotFound(w, r.Request, r.page(), nil)
		return nil
	}
	return err
}

// nameInForms names a post on a page about it.
func nameInForms(d *post.Document) string {
	if d.Title != "" {
		return d.Title
	}
	return d.Slug
}

// compare shows what restoring a revision changes.
func (e *Editor) compare(w http.ResponseWriter, r *request, v *revisionView, source post.Source, status int) error {
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	var revision post.Document
	savedAt := time.UnixMicro(v.At).UTC()
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		revision, err = r.posts().FindRevision(ctx, db, source.ID, savedAt)
		return err
	})
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	latest := source.Latest()
	v.Before, v.Now = "This version", "Now"
	v.Name, v.EditPath, v.When = nameInForms(&latest), site.EditPath(source.Slug), clock{r.now, set.Location()}.moment(savedAt)
	v.ID, v.Revision, v.ReadOnly = source.ID, source.UpdatedAt.UnixMicro(), r.readOnlyReason()
	return e.rendering(r, func() error { // the texts can be as large as those that are rendered
		v.compare(&revision, &latest)
		return e.show(w, r, view{name: "revision", title: "Version of " + v.When, style: "editor.css", Data: v, status: status})
	})
}

// notRestored is the title of the page that says why a revision was not restored.
const notRestored = "The version was not restored"

// restoreRevision saves a post as it was. Readers do not see that until the author publishes it.
func (e *Editor) restoreRevision(w http.ResponseWriter, r *request, quota post.Quota) error {
	set, err := e.settings(r)
	if err != nil {
		return err
	}
	at, base := revision(r.PostFormValue("at")), submittedVersion(r)
	var saved post.Saved
	err = e.rendering(r, func() error {
		return e.write(r, func(ctx context.Context, db postgres.Beginner) (err error) {
			saved, err = r.posts().RestoreRevision(ctx, db, time.UnixMicro(at).UTC(), post.SaveRequest{
				Base: base, Unpublished: true, SmartPunctuation: set.SmartPunctuation, Zone: set.Location(), Quota: quota, Now: r.now,
			})
			return err
		})
	})
	_, sentence := sentenceOf(err)
	switch {
	case err == nil:
		web.SeeOther(w, r.Request, site.EditPath(saved.Slug)+"?done=restored")
		return nil
	case sentence != "":
		return e.refuse(w, r, notRestored, http.StatusUnprocessableEntity, sentence, site.WritePath)
	case errors.Is(err, post.ErrChanged):
		return e.compareChanged(w, r, base.ID, at)
	}
	return e.notFoundOr(w, r, err)
}

// compareChanged compares a revision with a post that was changed after the comparison was opened.
func (e *Editor) compareChanged(w http.ResponseWriter, r *request, id, at int64) error {
	var source post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		source, err = r.posts().FindByID(ctx, db, id)
		return err
	})
	if err != nil {
		return e.notFoundOr(w, r, err)
	}
	return e.compare(w, r, &revisionView{At: at, Changed: true}, source, http.StatusConflict)
}
