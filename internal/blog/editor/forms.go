package editor

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxForm is the maximum size of a form, in bytes: percent-encoding triples the size of a post.
	maxForm = 3*post.MaxContentBytes + 64<<10
	// maxAnonymousForm is the maximum size for a client that is not logged in: the form is only shown again.
	maxAnonymousForm = 256 << 10
	// minForm is the memory of the smallest form.
	minForm = 16 << 10
	// formTimeout bounds the time to receive an owner's form and to answer it, which is longer than for pages for readers.
	formTimeout = time.Minute
)

// parseForm reads a form into memory, which the caller releases. It returns false if the form cannot be read; the request
// has then been answered. Forms of strangers share neither memory nor time with those of owners.
func (e *Editor) parseForm(w http.ResponseWriter, r *request) (release func(), ok bool) {
	limit, bodies := int64(maxForm), e.capacity.bodies
	if r.username == "" {
		limit, bodies = maxAnonymousForm, e.capacity.anonymousForms
	}
	size := r.ContentLength
	if size < 0 || size > limit {
		size = limit
	}
	release, err := bodies.Reserve(r.tenant.ID, 2*size+minForm) // the body and its fields
	if err != nil {
		e.TooManyRequests(w, r.tenant)
		return nil, false
	}
	if r.username != "" {
		e.extendDeadline(w, r)
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		release()
		e.unreadableForm(w, r, err)
		return nil, false
	}
	return release, true
}

// extendDeadline gives a form more time than a page for readers.
func (e *Editor) extendDeadline(w http.ResponseWriter, r *request) {
	deadline := time.Now().Add(formTimeout)
	connection := http.NewResponseController(w)
	if err := errors.Join(connection.SetReadDeadline(deadline), connection.SetWriteDeadline(deadline)); err != nil {
		e.Log.LogAttrs(r.Context(), slog.LevelDebug, "Cannot extend the deadline of a form", slog.String("cause", err.Error()))
	}
}

func (e *Editor) unreadableForm(w http.ResponseWriter, r *request, cause error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(cause, &tooLarge):
		e.Layout.Send(w, web.Message{
			Page: site.Page(r.tenant, "This post is too long"), Status: http.StatusRequestEntityTooLarge,
			Lead:  fmt.Sprintf("A post can have up to %d kB of text. Nothing was saved.", post.MaxContentBytes>>10),
			Steps: []string{"Go back, split it into two posts, and save them one by one."},
		})
	default:
		e.Layout.Send(w, web.Message{
			Page: site.Page(r.tenant, "This form cannot be read"), Status: http.StatusBadRequest,
			Lead: "Your browser sent an invalid form.", Steps: []string{"Go back, reload the page and submit it again."},
		})
	}
}

// number parses a hidden field. It returns 0 if the field is not a positive number.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
