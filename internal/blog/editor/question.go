package editor

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
)

// question is the data of a page that asks before something is done with a post.
type question struct {
	*postForm
	// Changed says that the post was changed after the page was opened.
	Changed bool
}

// TrashDays is how long posts stay in the trash, in days.
func (question) TrashDays() int { return trashDays }

// asking asks about the post that the path names.
func (e *Editor) asking(ask func(w http.ResponseWriter, r *request, source post.Source, status int) error) page {
	return func(w http.ResponseWriter, r *request) error {
		source, err := e.findPost(r)
		if err != nil {
			return e.notFoundOr(w, r, err)
		}
		return ask(w, r, source, http.StatusOK)
	}
}

// ask shows a page that asks about a post. The status says whether it was changed since it was asked about.
func (e *Editor) ask(w http.ResponseWriter, r *request, v view, source post.Source) error {
	if _, err := e.settings(r); err != nil {
		return err
	}
	q := question{postForm: formOf(r, source), Changed: v.status == http.StatusConflict}
	q.ReadOnly = r.readOnlyReason()
	v.Data = q
	return e.show(w, r, v)
}

// permitted reads a form and passes it on if its user can change the blog. refused is the title of the page that says why not.
func (e *Editor) permitted(refused string, change func(w http.ResponseWriter, r *request, quota post.Quota) error) page {
	return func(w http.ResponseWriter, r *request) error {
		release, ok := e.parseForm(w, r)
		if !ok {
			return nil
		}
		defer release()
		switch quota, refusal, err := e.authorize(r); {
		case err != nil:
			return err
		case refusal != "":
			return e.refuse(w, r, refused, http.StatusForbidden, refusal, site.WritePath)
		default:
			return change(w, r, quota)
		}
	}
}
