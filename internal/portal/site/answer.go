package site

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// maxAnswer is the size of an answer, in bytes, above which it is not kept for further clicks.
const maxAnswer = 32 << 10

// answer is the response to a form. It is an http.ResponseWriter that keeps what is written.
type answer struct {
	Status int
	Fields http.Header
	Body   []byte
}

// Header returns the header.
func (a *answer) Header() http.Header { return a.Fields }

// WriteHeader sets the status.
func (a *answer) WriteHeader(status int) { a.Status = cmp.Or(a.Status, status) }

// Write appends to the body.
func (a *answer) Write(part []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.Body = append(a.Body, part...)
	return len(part), nil
}

// encode returns the answer for sendKept, or nil if it is not to be kept: it is too large, or says that the form was neither
// processed nor refused for what is in it.
func (a *answer) encode() []byte {
	if a.Status >= http.StatusBadRequest && a.Status != http.StatusUnprocessableEntity {
		return nil
	}
	encoded, err := json.Marshal(a)
	if err != nil || len(encoded) > maxAnswer {
		return nil
	}
	return encoded
}

// send responds with the answer.
func (a *answer) send(w http.ResponseWriter) {
	header := w.Header()
	cookies := slices.Concat(header["Set-Cookie"], a.Fields["Set-Cookie"])
	maps.Copy(header, a.Fields)
	if len(cookies) > 0 {
		header["Set-Cookie"] = cookies
	}
	w.WriteHeader(cmp.Or(a.Status, http.StatusOK))
	_, _ = w.Write(a.Body) // the browser may have disconnected
}

// sendKept responds with an answer that encode has returned.
func sendKept(w http.ResponseWriter, encoded []byte) error {
	var a answer
	if err := json.Unmarshal(encoded, &a); err != nil {
		return fmt.Errorf("decode answer to form: %w", err)
	}
	a.send(w)
	return nil
}
