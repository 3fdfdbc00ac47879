package editor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// uploadsPath is the list of uploads, to which files are sent.
	uploadsPath = site.WritePath + "media/"
	// uploadPause is how long a client can take for the next part of a file, and answerTimeout how long the work on a file and
	// the answer can take after its last part.
	uploadPause, answerTimeout = 30 * time.Second, 3 * time.Minute
)

// uploaded is what the script of the editor receives for a file.
type uploaded struct {
	// Address is where readers get the file. Empty: it was not stored.
	Address string `json:"address"`
	// Picture says that pages can show it. Otherwise they link to it.
	Picture bool `json:"picture"`
	// Error is a sentence that says why the file was not stored.
	Error string `json:"error"`
}

// upload receives a file of a form. The script of the editor gets JSON, and others a page.
func (e *Editor) upload(w http.ResponseWriter, r *request) error {
	if err := e.identify(r); err != nil {
		return err
	}
	if r.username == "" {
		return e.refuseUpload(w, r, http.StatusForbidden, "The file was not uploaded, because you are logged out. Log in in another tab, and try again.")
	}
	quota, refusal, err := e.authorize(r)
	switch {
	case err != nil:
		return err
	case refusal != "":
		return e.refuseUpload(w, r, http.StatusForbidden, "The file was not uploaded. "+refusal)
	}
	release, err := acquire(r.Context(), e.capacity.uploads, r.tenant.ID, uploadWait)
	if err != nil {
		return err
	}
	defer release()
	file, err := e.receive(w, r, quota)
	if err != nil {
		return e.uploadFailed(w, r, err)
	}
	if !r.fromScript() {
		web.SeeOther(w, r.Request, uploadsPath+"?done=uploaded")
		return nil
	}
	return answerJSON(w, http.StatusCreated, uploaded{Address: file.Path(media.Original), Picture: file.Type != media.PDF})
}

// receive stores the file of a form.
func (e *Editor) receive(w http.ResponseWriter, r *request, quota post.Quota) (media.File, error) {
	connection := http.NewResponseController(w)
	r.Body = http.MaxBytesReader(w, &patientBody{r.Body, connection}, media.DefaultMaxFileBytes+maxOtherFields)
	part, size, err := filePart(r)
	if err != nil {
		return media.File{}, err
	}
	limits := media.Limits{MaxStorageBytes: quota.MaxStorageBytes, OtherBytes: r.posts().BytesWithoutMedia}
	file, err := e.receiver.Receive(r.Context(), e.uploads.Store(r.tenant), media.Upload{
		TenantID: r.tenant.ID, Name: part.FileName(), Size: size, Body: part, Limits: limits, Now: e.Now,
	})
	if err != nil {
		return media.File{}, fmt.Errorf("receive a file: %w", err)
	}
	return file, nil
}

// filePart returns the file of a form, and its size if a field before it says so. Negative: it is not known.
func filePart(r *request) (file *multipart.Part, size int64, err error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, 0, &media.InvalidError{Sentence: "The file was not uploaded: choose one first."}
	}
	size = -1
	for range maxFields {
		part, err := form.NextPart()
		if err != nil {
			break
		}
		switch {
		case part.FormName() == "file" && part.FileName() != "":
			return part, size, nil
		case part.FormName() == "size":
			text, err := io.ReadAll(io.LimitReader(part, 20)) // longer than any number
			if n, parseErr := strconv.ParseInt(string(text), 10, 64); err == nil && parseErr == nil && n >= 0 {
				size = n
			}
		}
	}
	return nil, 0, &media.InvalidError{Sentence: "The file was not uploaded: choose one first."}
}

// uploadFailed answers if the author can do something. Otherwise it returns the error.
func (e *Editor) uploadFailed(w http.ResponseWriter, r *request, err error) error {
	var (
		invalid  *media.InvalidError
		refused  *media.RefusedError
		tooLarge *media.TooLargeError
		full     *media.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return e.refuseUpload(w, r, http.StatusUnprocessableEntity, invalid.Error())
	case errors.As(err, &refused):
		return e.refuseUpload(w, r, http.StatusUnsupportedMediaType, refused.Error())
	case errors.As(err, &tooLarge):
		return e.refuseUpload(w, r, http.StatusRequestEntityTooLarge, tooLarge.Error())
	case errors.As(err, &full):
		return e.refuseUpload(w, r, http.StatusInsufficientStorage, full.Error())
	case errors.Is(err, media.ErrBroken):
		panic(http.ErrAbortHandler) // nobody receives an answer
	}
	return err
}

// refuseUpload answers with a sentence.
func (e *Editor) refuseUpload(w http.ResponseWriter, r *request, status int, sentence string) error {
	if r.fromScript() {
		return answerJSON(w, status, uploaded{Error: sentence})
	}
	e.Layout.Send(w, web.Message{
		Page: site.Page(r.tenant, "The file was not uploaded"), Status: status, Lead: sentence,
		Link: &web.Link{Address: uploadsPath, Text: "Go to your uploads"},
	})
	return nil
}

func answerJSON(w http.ResponseWriter, status int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone sends it again
	return nil
}

// patientBody gives the client time for each part of a file, and afterwards for the answer.
type patientBody struct {
	io.ReadCloser
	connection *http.ResponseController
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	now := time.Now()
	// Not every ResponseWriter has deadlines, such as one that records a response.
	_ = errors.Join(b.connection.SetReadDeadline(now.Add(uploadPause)), b.connection.SetWriteDeadline(now.Add(answerTimeout)))
	return b.ReadCloser.Read(p)
}
