package editor

import (
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

// conflictView compares a form with its post, which was changed since the form was opened.
type conflictView struct {
	differences
	// Revision identifies the stored version of the post, ChangedAt is when it was saved, and When the same for people.
	Revision  int64
	ChangedAt time.Time
	When      string
	// Address is where the stored post is edited.
	Address string
}

// showConflict shows the form with what differs from the stored post. The form stays one of the version that it was opened with, so
// that no other button than the one to keep it replaces the stored post.
func (e *Editor) showConflict(w http.ResponseWriter, r *request, f *postForm, stored post.Source) error {
	c := &conflictView{
		differences: differences{Before: "Other window", Now: "This window"}, Revision: stored.UpdatedAt.UnixMicro(), ChangedAt: stored.UpdatedAt,
		When: r.clock().time(stored.UpdatedAt), Address: site.EditPath(stored.Slug),
	}
	latest := stored.Latest()
	document := f.document(r, latest)
	err := e.rendering(r, func() error { // the texts can be as large as those that are rendered
		c.compare(&latest, &document)
		return nil
	})
	if err != nil {
		return e.saveFailed(w, r, f, err)
	}
	c.comparePlace(r, f, &latest, &document)
	f.describe(r, stored)
	f.Address, f.Draft, f.Conflict = c.Address, stored.Draft, c
	f.Errors[""] = "This post was changed after you opened it, in another window or by someone else. Nothing was saved, and your text is still here. " +
		"Compare the two below, and choose one."
	return e.showForm(w, r, f, http.StatusConflict)
}

// comparePlace adds the differences of what revisions do not have: where and when readers see the post.
func (c *conflictView) comparePlace(r *request, f *postForm, stored, document *post.Document) {
	slug, author := document.Slug, r.clock()
	if f.Slugless {
		slug = stored.Slug // it follows the title
	}
	date := func(d *post.Document) string {
		if d.Date.IsZero() {
			return ""
		}
		return author.moment(d.Date)
	}
	yesOrNo := map[bool]string{true: "Yes", false: "No"}
	c.compareFields(
		fieldChange{"Address", stored.Slug, slug}, fieldChange{"Date and time", date(stored), date(document)},
		fieldChange{"Unlisted", yesOrNo[stored.Unlisted], yesOrNo[document.Unlisted]},
		fieldChange{"Pinned", yesOrNo[stored.Pinned], yesOrNo[document.Pinned]}, fieldChange{"Page", yesOrNo[stored.Page], yesOrNo[document.Page]},
		fieldChange{"Place in the navigation", strconv.Itoa(stored.Position), strconv.Itoa(document.Position)},
	)
}
