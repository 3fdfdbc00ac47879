package blog

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	writeNewPath = writePath + "new/"

	// maxForm bounds a form, in bytes: a post takes three for one where all of it is percent-encoded.
	maxForm = 3*post.MaxContentBytes + 64<<10
	// maxStrangersForm bounds it for who is not logged in, any more: it is read only to be shown again.
	maxStrangersForm = 256 << 10
	// formTimeout is how long a form may take to come, and its answer to go: longer than pages for readers.
	formTimeout = time.Minute
)

// forOwner lets only the owner through; others are led to the login, and then back.
func (s *site) forOwner(answer ownerPage) http.Handler {
	return s.forVisitor(func(w http.ResponseWriter, r *ownerRequest) error {
		if err := s.identify(r); err != nil {
			return err
		}
		switch {
		case r.username != "":
			return answer(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			seeOther(w, r, loginPath+"?next="+url.QueryEscape(r.URL.RequestURI()))
		default:
			s.look.Send(w, web.Message{
				Page: r.tenant.page("You are logged out"), Status: http.StatusForbidden, Lead: "Nothing was changed.",
				Steps: []string{"Log in, and do it again."}, Link: &web.Link{Address: loginToWrite, Text: "Log in"},
			})
		}
		return nil
	})
}

// mayWrite returns the limits that the blog has at this moment, or why nothing may be changed, in a sentence. The
// registry is asked, not the directory: it may be seconds behind.
func (s *site) mayWrite(r *ownerRequest) (post.Limits, string, error) {
	ctx, cancel := r.statementContext()
	defer cancel()
	found, err := directory.ReadByID(ctx, s.pool, []int64{r.tenant.ID})
	switch {
	case err != nil:
		return post.Limits{}, "", fmt.Errorf("read the limits of %s: %w", r.tenant.Name, err)
	case len(found) == 0 || !found[0].Live() || found[0].Owner != r.username:
		return post.Limits{}, "This blog is not yours any more: nothing was changed.", nil
	}
	limits := post.Limits{MaxPosts: found[0].MaxPosts, MaxStorageBytes: found[0].MaxStorageBytes}
	return limits, paused(found[0].PaidUntil, found[0].SuspendAt, r.now), nil
}

// readForm reads a form. false: it cannot be read, and that has been answered.
func (s *site) readForm(w http.ResponseWriter, r *ownerRequest) bool {
	limit := int64(maxForm)
	if r.username == "" {
		limit = maxStrangersForm
	}
	deadline := time.Now().Add(formTimeout)
	connection := http.NewResponseController(w)
	if err := errors.Join(connection.SetReadDeadline(deadline), connection.SetWriteDeadline(deadline)); err != nil {
		s.log.LogAttrs(r.Context(), slog.LevelDebug, "Cannot give a form more time", slog.String("cause", err.Error()))
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	err := r.ParseForm()
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &tooLarge):
		s.look.Send(w, web.Message{
			Page: r.tenant.page("That was too much"), Status: http.StatusRequestEntityTooLarge,
			Lead:  fmt.Sprintf("A post may hold %d kB of text. Nothing was saved.", post.MaxContentBytes>>10),
			Steps: []string{"Go back, make two posts of it, and save them one after the other."},
		})
	default:
		s.look.Send(w, web.Message{
			Page: r.tenant.page("The form cannot be read"), Status: http.StatusBadRequest,
			Lead: "Your browser sent something that is no form.", Steps: []string{"Go back, load the page again and send it once more."},
		})
	}
	return false
}
