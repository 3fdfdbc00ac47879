package public

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/ratelimit"
	"github.com/echoblogs/echoblogs/internal/web"
)

// nameAnswer tells the script of a form whether people can sign up with a name.
type nameAnswer struct {
	Free     bool   `json:"free"`
	Sentence string `json:"sentence"`
}

// checkName says whether people can sign up with a name, while they type it.
func (p *Pages) checkName(w http.ResponseWriter, r *site.Request) error {
	if r.SignUpClosed() {
		return signupClosed(r)
	}
	status := http.StatusOK
	check, err := p.SignUp.CheckAddress(r.Context(), web.Shorten(r.URL.Query().Get("username")), r.Address)
	var limited *ratelimit.ExceededError
	switch {
	case errors.As(err, &limited):
		status, check.Sentence = http.StatusTooManyRequests, "The name is checked when you sign up."
		w.Header().Set("Retry-After", strconv.Itoa(int(limited.Wait.Seconds())+1))
	case err != nil:
		return err
	}
	answer, err := json.Marshal(nameAnswer(check))
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(answer) // the browser may have disconnected
	return nil
}
