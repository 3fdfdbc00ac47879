package editor_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// While the script shows a preview, every answer about its text has one, whether the text was saved or not.
func TestAnswersHaveThePreview(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	b := p.LogIn("alice", "alice.example.com")
	fields := []string{"title", "Shown", "draft", "1", "action", "save", "content"}

	without := send(t, b, "/write/new/", append(fields, "*Zero*")...)
	if without.Status != http.StatusOK || without.Preview != "" || without.Previewed {
		t.Errorf("without a preview: %+v", without)
	}
	fields = append([]string{"previewing", "1"}, fields...)
	saved := send(t, b, without.Address, without.of(append(fields, "*One*")...)...)
	refused := send(t, b, without.Address, saved.of(append([]string{"slug", "no/slug"}, append(fields, "*Two*")...)...)...)
	conflict := send(t, b, without.Address, without.of(append(fields, "*Three*")...)...)
	empty := send(t, b, without.Address, saved.of(append(fields, "")...)...)
	for _, try := range []struct {
		name    string
		answer  scripted
		status  int
		preview string
	}{
		{"saved", saved, http.StatusOK, "<p><em>One</em></p>\n"}, {"refused", refused, http.StatusUnprocessableEntity, "<p><em>Two</em></p>\n"},
		{"a conflict", conflict, http.StatusConflict, "<p><em>Three</em></p>\n"}, {"empty", empty, http.StatusOK, ""},
	} {
		if a := try.answer; a.Status != try.status || !strings.Contains(a.Preview, `<div class="prose e-content">`+"\n"+try.preview) || !a.Previewed {
			t.Errorf("%s: %+v", try.name, a)
		}
	}
	delete(b.Cookies, "session")
	if out := send(t, b, without.Address, saved.of(append(fields, "*Four*")...)...); out.Status != http.StatusForbidden || out.Previewed {
		t.Errorf("logged out: %+v", out)
	}
}
