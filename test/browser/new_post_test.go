package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

// openNewPost opens the form of a new post on a blog without a portal: signing up takes longer than most tests of the editor.
func openNewPost(t *testing.T, name string) *person {
	t.Helper()
	s := &site{Platform: blogtest.NewDatabase(t)}
	s.create(name, name, blogtest.Start.AddDate(1, 0, 0))
	s.Serve(blog.Options{})
	_, s.port, _ = strings.Cut(s.Address, ":")
	s.Install("http://localhost:" + s.port)
	s.WaitReady()
	host := name + ".localhost"
	session := s.LogIn(name, host).Cookies["session"]
	p := newPerson(t, newBrowser(t))
	logIn(t, p.tab, host, session)
	p.open("http://" + host + ":" + s.port + "/write/new/")
	p.waitFor("the title has the focus", `document.activeElement.name === "title"`)
	return p
}

// undo undoes one step.
func (p *person) undo() {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](`document.execCommand("undo")`))
}

// write replaces the text as one step of the browser's undo.
func (p *person) write(text string) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`((text) => {
		const c = document.querySelector("[name=content]");
		c.focus();
		c.select();
		document.execCommand(text === "" ? "delete" : "insertText", false, text);
	})(%q)`, text)))
	p.wantText(text)
}

// selects marks words of the text.
func (p *person) selects(words string) {
	p.t.Helper()
	run(p.t, p.tab, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`((words) => {
		const c = document.querySelector("[name=content]"), start = c.value.indexOf(words);
		c.setSelectionRange(start, start + words.length);
	})(%q)`, words)))
}
