package browser_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// An owner resets the password and renames the blog. Staff suspend it and resume it.
func TestOwnerAndStaff(t *testing.T) {
	t.Parallel()
	p, site, mails := newPlatformWithMails(t)
	blog := strings.Replace(site, "http://", "http://grace.", 1)
	browser := newBrowser(t)
	grace, reader := newPerson(t, browser), newPerson(t, browser)
	grace.register(site, "grace")
	grace.open(site + "/logout/")
	grace.goTo("Log out")
	grace.choose("Log out", "Start with the first sentence")

	grace.open(site + "/login/")
	grace.choose("Forgot your password?", "Reset your password")
	grace.fill("User name or email", "grace")
	grace.choose("Send reset link", "Check your email")
	grace.open(linkFromMail(p, mails, site+"/reset/password/"))
	const next = "a cow reads slowly as well"
	grace.fill("New password", next, "Repeat the new password", next)
	grace.choose("Set password", "Log in with the new one")
	grace.open(site + "/login/")
	grace.fill("User name or email", "grace", "Password", next)
	grace.choose("Log in", "Good ")

	grace.choose("Settings of grace", "Title of the blog")
	grace.fill("Title of the blog", "Grace writes")
	grace.choose("Save", "Saved")
	p.Wait("the blog has its new title", func(ctx context.Context) error {
		return says(ctx, p, "Grace writes")
	})

	staff := newPerson(t, browser)
	staff.register(site, "sam")
	p.Exec(`UPDATE public.users SET role = 'staff' WHERE username = 'sam'`)
	staff.open(site + "/")
	staff.choose("Staff", "Tenants")
	staff.choose("grace", "Grace writes")
	staff.choose("Suspend", "Staff have suspended this blog.")
	reader.finds(blog+"/", "This blog is suspended")
	staff.choose("Resume", "Readers see that the blog is suspended. Its owner can still log in, and no data is lost.")
	reader.finds(blog+"/", "Nothing here yet")
	staff.choose("Audit log", "sam\tresume\tgrace")
}

// says returns nil if the home page of grace's blog contains a text.
func says(ctx context.Context, p *stack.Platform, text string) error {
	answer, err := stack.Get(ctx, p.Blogs[0], "grace.localhost", "/")
	if err == nil && (answer.Status != http.StatusOK || !strings.Contains(answer.Body, text)) {
		err = fmt.Errorf("it has the status %d:\n%s", answer.Status, answer.Body)
	}
	return err
}

// linkFromMail waits for an email with a link that has a prefix, and returns the link.
func linkFromMail(p *stack.Platform, folder, prefix string) string {
	var link string
	p.Wait("an email has a link to "+prefix, func(context.Context) error {
		files, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil {
			return err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			// Quoted-printable wraps lines (RFC 2045, section 6.7).
			text := strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=").Replace(string(content))
			if link = regexp.MustCompile(regexp.QuoteMeta(prefix) + `\S+`).FindString(text); link != "" {
				return nil
			}
		}
		return errors.New("there is no such mail yet")
	})
	return link
}
