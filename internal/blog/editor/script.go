package editor

import (
	"errors"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/render"
)

// answer is what the script of the form receives instead of a page. It says the same.
type answer struct {
	// ID and Revision identify the version that the form edits now, and Address is where it is submitted.
	ID       int64  `json:"id"`
	Revision int64  `json:"revision"`
	Address  string `json:"address"`
	// Dated is the date of the stored post, exactly. Empty: it has none.
	Dated string `json:"dated"`
	// Title and Slug are those of the form, as they are stored if it was saved.
	Title string `json:"title"`
	Slug  string `json:"slug"`
	Draft bool   `json:"draft"`
	// Pending says that the stored post has changes that readers do not see, and Share is the link to them. Empty: there is none.
	Pending bool   `json:"pending"`
	Share   string `json:"share"`
	// State, Page, Notice and ReadOnly are sentences and an address of the form.
	State    string `json:"state"`
	Page     string `json:"page"`
	Notice   string `json:"notice"`
	ReadOnly string `json:"readOnly"`
	// Link is the whole address at which readers find the post, now or when it is published.
	Link string `json:"link"`
	// LoggedOut says that nothing was saved, because the session has ended.
	LoggedOut bool `json:"loggedOut"`
	// Redirects says that the address leads to another post, from which the author can take it.
	Redirects bool `json:"redirects"`
	// Errors are sentences by the names of the fields.
	Errors map[string]string `json:"errors"`
	// Preview is the post as readers would see it, in HTML, and Language that of its text, if Previewed says that the document was
	// rendered. Notes are about what readers see otherwise than it was written, and Warnings about what may be missing.
	Preview   string        `json:"preview"`
	Language  string        `json:"language"`
	Previewed bool          `json:"previewed"`
	Notes     []render.Note `json:"notes"`
	Warnings  []render.Note `json:"warnings"`
	// Conflict is for a form whose post was changed since the form was opened. null: it was not.
	Conflict *conflictAnswer `json:"conflict"`
}

// conflictAnswer has the comparison as HTML, as the page has it.
type conflictAnswer struct {
	ChangedAt time.Time `json:"changedAt"`
	HTML      string    `json:"html"`
}

// fromScript reports whether the script of the form sent the request, and not the form.
func (r *request) fromScript() bool { return r.Header.Get("Accept") == "application/json" }

// renderBeside renders the document of an answer if the script shows a preview, so that it needs no second request. Without a turn to
// render it, the script keeps the preview that it shows.
func (e *Editor) renderBeside(r *request, f *postForm, status int) {
	isDecided := status == http.StatusOK || status == http.StatusUnprocessableEntity || status == http.StatusConflict
	if !isDecided || f.Previewed || r.set == nil || r.PostFormValue("previewing") == "" {
		return
	}
	var invalid *post.InvalidError
	err := e.render(r, f, r.set.SmartPunctuation)
	if err != nil && !errors.Is(err, site.ErrBusy) && !errors.As(err, &invalid) {
		e.LogFailure(r.Request, r.tenant, err)
	}
}

// answerScript answers the script of the form.
func (e *Editor) answerScript(w http.ResponseWriter, f *postForm, status int) error {
	a := answer{
		ID: f.ID, Revision: f.Revision, Address: f.Address, Dated: f.Dated, Title: f.Title, Slug: f.Slug, Draft: f.Draft,
		Pending: f.Pending, Share: f.Share, Redirects: f.Redirects, State: f.State, Page: f.Page, Link: f.Link,
		Notice: f.Notice, ReadOnly: f.ReadOnly, LoggedOut: f.LoggedOut, Errors: f.Errors, Preview: string(f.Article), Language: f.Written.Tag, Previewed: f.Previewed, Notes: f.Notes, Warnings: f.Warnings,
	}
	if f.Conflict != nil {
		html, err := e.pages.Fragment("conflict", f.Conflict)
		if err != nil {
			return err
		}
		a.Conflict = &conflictAnswer{f.Conflict.ChangedAt, html}
	}
	return answerJSON(w, status, a)
}
