package site

import "net/http"

// sameOrigin refuses forms that another origin submits, a blog included: the browser sends the visitor's cookies with
// them.
func (s *Site) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.handle(func(http.ResponseWriter, *Request) error { return errCrossOrigin }))
	return protection.Handler(next)
}

var errCrossOrigin = &PageError{
	Status: http.StatusForbidden, Title: "This form came from another site", Lead: "Nothing was changed.",
	Steps: []string{"Open the page on this site and try again."},
}
