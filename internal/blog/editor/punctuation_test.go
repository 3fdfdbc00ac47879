package editor_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// A change of the setting changes the texts of the settings, and posts when they are saved the next time.
func TestSmartPunctuation(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	b.Submit("/write/new/", "title", "Hello", "content", `"Word"`, "action", "publish").WantSeeOther(t, "/write/hello/?done=published")
	for _, smart := range []bool{true, false} {
		before, after := `<p>“Word”</p>`, `<p>&#34;Word&#34;</p>`
		if smart {
			before, after = after, before
		}
		p.Advance(time.Minute)
		form := b.Open("/write/settings/")
		fields := append(version(form), "footer", `"Word"`)
		if smart {
			fields = append(fields, "smart_punctuation", "1")
		}
		b.Submit("/write/settings/", fields...).WantSeeOther(t, "/write/settings/?done=saved")
		p.Get("alice.example.com", "/").Want(t, http.StatusOK, "alice", "lang=\"\">\n"+after) // the footer
		p.Get("alice.example.com", "/hello/").Want(t, http.StatusOK, "alice", "<div class=\"prose e-content\">\n"+before)
		b.Submit("/write/hello/", append(version(b.Open("/write/hello/")), "title", "Hello", "slug", "hello", "content", `"Word"`, "action", "publish")...)
		p.Get("alice.example.com", "/hello/").Want(t, http.StatusOK, "alice", "<div class=\"prose e-content\">\n"+after)
	}
}
