package web

import (
	"mime"
	"net/http"
)

// HasURLEncodedForm reports whether the body of a request is empty or of the type that http.Request.ParseForm reads: it takes
// any other for a form without fields.
func HasURLEncodedForm(r *http.Request) bool {
	if r.ContentLength == 0 {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}
