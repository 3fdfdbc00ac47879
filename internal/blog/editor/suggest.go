package editor

import (
	"errors"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/media"
)

// suggestedPictures is how many of the latest uploads a form offers.
const suggestedPictures = 50

// suggestPictures returns the latest pictures for a field of a form that is shown with a status. Only the owner sees them. The field
// takes addresses without them, too.
func (e *Editor) suggestPictures(r *request, status int) (pictures []uploadItem) {
	if r.username == "" || r.readOnlyReason() != "" || status >= http.StatusInternalServerError {
		return nil
	}
	files, err := e.uploads.Store(r.tenant).List(r.Context(), suggestedPictures, 0)
	if err != nil {
		if !errors.Is(err, site.ErrBusy) {
			e.LogFailure(r.Request, r.tenant, err)
		}
		return nil
	}
	for _, file := range files {
		if file.Type != media.PDF {
			pictures = append(pictures, newUploadItem(file))
		}
	}
	return pictures
}
