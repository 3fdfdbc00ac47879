package editor

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxMultipartForm is the maximum size of a form as browsers send it, in bytes: each line end of a post takes two bytes.
	maxMultipartForm = 2*post.MaxContentBytes + maxOtherFields
	// maxURLEncodedForm is the maximum size of a form as other clients may send it: percent-encoding triples a post.
	maxURLEncodedForm = 3*post.MaxContentBytes + maxOtherFields
	// maxOtherFields is the size of all fields but the text of a post, and maxFields their number.
	maxOtherFields = 64 << 10
	maxFields      = 32
	// minForm is the memory of the smallest form.
	minForm = 16 << 10
	// formTimeout bounds the time to receive an owner's form and to answer it, which is longer than for pages for readers.
	formTimeout = time.Minute
)

// parseForm reads a form into memory, which the caller releases. It returns false if the form cannot be read; the request
// has then been answered. Forms of strangers share neither memory nor time with those of owners. They can be as large: owners
// are strangers once their session has ended, and the text of their post is not to be lost.
func (e *Editor) parseForm(w http.ResponseWriter, r *request) (release func(), ok bool) {
	limit, parse := int64(maxURLEncodedForm), r.parseURLEncoded
	if isMultipart(r) {
		limit, parse = maxMultipartForm, r.parseMultipart
	}
	bodies := e.capacity.bodies
	if r.username == "" {
		bodies = e.capacity.anonymousForms
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
	if err := parse(); err != nil {
		release()
		e.unreadableForm(w, r, err)
		return nil, false
	}
	return release, true
}

func (r *request) parseURLEncoded() error {
	if !web.HasURLEncodedForm(r.Request) {
		return errors.New("the body is not a form")
	}
	return r.ParseForm()
}

func isMultipart(r *request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data"
}

// parseMultipart does for multipart/form-data what ParseForm does for other forms. ParseMultipartForm would write large files,
// which no form here has, to a disk.
func (r *request) parseMultipart() error {
	reader, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	fields := url.Values{}
	for range maxFields {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			r.PostForm, r.Form = fields, fields
			return nil
		}
		var value strings.Builder
		if err == nil {
			_, err = io.Copy(&value, part)
		}
		if err != nil {
			return fmt.Errorf("read the form: %w", err)
		}
		fields.Add(part.FormName(), value.String())
	}
	return errors.New("the form has too many fields")
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
func number(s string) int64 { return max(0, revision(s)) }

// revision parses a hidden field with a time in microseconds, which is negative before 1970. It returns 0 if the field is not a number.
func revision(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
