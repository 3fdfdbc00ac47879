package editor_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// Whatever the size of a post that can be saved, its text is not lost when the session has ended or the database is
// unavailable.
func TestLargeTextIsNotLost(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b, loggedOut := p.LogIn("alice", "alice.example.com"), p.Browser("alice.example.com")
	texts := map[string]string{
		"essay": strings.Repeat("я", 57_600), "longest": strings.Repeat("я", 1<<19), "percent": strings.Repeat("%", 1<<20),
		"lines": strings.Repeat("A line as long as an editor wraps them.\n", 25_000), "short": "Words.",
	}
	// Otherwise browsers would send a text three times as large.
	b.Open("/write/new/").Want(t, http.StatusOK, "alice", `enctype="multipart/form-data"`)
	keeps := func(name, text string, got blogtest.Response, status int, sentence string) {
		t.Helper()
		if got.Status != status || !strings.Contains(got.Body, sentence) || !strings.Contains(got.Body, "\n"+strings.TrimSpace(text)+"</textarea>") {
			t.Errorf("%s: status %d, want %d and the text; %.2000s", name, got.Status, status, strings.Join(strings.Fields(got.Body), " "))
		}
	}
	for name, text := range texts {
		sent := strings.ReplaceAll(text, "\n", "\r\n")
		keeps(name, text, loggedOut.SubmitMultipart("/write/new/", "title", "Title", "content", sent), http.StatusForbidden, "You have been logged out, and nothing was saved.")
		keeps(name, text, loggedOut.Submit("/write/new/", "title", "Title", "content", sent), http.StatusForbidden, "You have been logged out, and nothing was saved.")
	}
	for name, text := range texts {
		b.SubmitMultipart("/write/new/", "title", name, "content", text, "action", "save").WantSeeOther(t, "/write/"+name+"/?done=saved")
	}
	p.Proxy.Cut()
	for name, text := range texts {
		keeps(name, text, b.SubmitMultipart("/write/new/", "title", "Title", "content", text), http.StatusServiceUnavailable, "The database is not responding")
	}
	p.Proxy.Restore()
}

func TestInvalidForms(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	send := func(kind, body string) blogtest.Response {
		t.Helper()
		return b.Send(http.MethodPost, "/write/new/", io.NopCloser(strings.NewReader(body)), http.Header{"Sec-Fetch-Site": {"same-origin"}, "Content-Type": {kind}})
	}
	const kind, part = "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nT\r\n"
	for name, got := range map[string]blogtest.Response{
		"no boundary":     send("multipart/form-data", part),
		"no end":          send(kind, part),
		"no form":         send("application/json", `{"title": "T"}`),
		"no type":         send("", "title=T"),
		"too many fields": send(kind, strings.Repeat(part, 10_000)+"--b--\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got.Want(t, http.StatusBadRequest, "alice", "This form cannot be read")
		})
	}
	send(kind, strings.Repeat(part, 2)+"--b--\r\n").WantSeeOther(t, "/write/t/?done=saved")
	b.SubmitMultipart("/write/new/", "title", "T", "content", strings.Repeat("a", 3<<20)).
		Want(t, http.StatusRequestEntityTooLarge, "alice", "A post can have up to 1024 kB of text. Nothing was saved.")
}
