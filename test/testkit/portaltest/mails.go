package portaltest

import (
	"context"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// WaitNoMails waits until the outbox is empty.
func WaitNoMails(p *stack.Platform) {
	p.Wait("the outbox is empty", func(ctx context.Context) error {
		var left int
		if err := p.Admin.QueryRow(ctx, `SELECT count(*) FROM public.outbox`).Scan(&left); err != nil || left == 0 {
			return err
		}
		return fmt.Errorf("it has %d messages", left)
	})
}

// Mail is a sent mail.
type Mail struct {
	To, Subject, Body string
	Header            mail.Header
}

// ParseMail parses an email in its wire format.
func ParseMail(content string) (Mail, error) {
	message, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		return Mail{}, err
	}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	return Mail{To: message.Header.Get("To"), Subject: message.Header.Get("Subject"), Body: string(body), Header: message.Header}, err
}

// Mails returns the emails that a replica has sent, the oldest first.
func Mails(site *stack.Portal) ([]Mail, error) {
	files, err := filepath.Glob(filepath.Join(site.Mails, "*.eml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	sent := make([]Mail, 0, len(files))
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		l, err := ParseMail(string(content))
		if err != nil {
			return nil, err
		}
		sent = append(sent, l)
	}
	return sent, nil
}

// WaitMails waits until a number of emails with a subject was sent to an address, and returns the last one.
func WaitMails(p *stack.Platform, site *stack.Portal, to, subject string, number int) Mail {
	var last Mail
	p.Wait(fmt.Sprintf("%d emails %q were sent to %s", number, subject, to), func(context.Context) error {
		all, err := Mails(site)
		if err != nil {
			return err
		}
		count := 0
		for _, l := range all {
			if strings.Contains(l.To, to) && l.Subject == subject {
				count++
				last = l
			}
		}
		if count != number {
			return fmt.Errorf("%d were sent; all emails: %+v", count, all)
		}
		return nil
	})
	return last
}

// Link returns the path of the link in an email that leads to a page.
func (l Mail) Link(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`http://` + regexp.QuoteMeta(stack.Domain+page) + `\S*`).FindString(l.Body)
	if found == "" {
		t.Fatalf("no link to %s in the email %q:\n%s", page, l.Subject, l.Body)
	}
	return strings.TrimPrefix(found, "http://"+stack.Domain)
}

// Token returns the token in a link.
func Token(link string) string {
	_, value, _ := strings.Cut(link, "token=")
	return value
}

// Subjects returns the recipients and subjects of all sent emails, sorted.
func Subjects(t *testing.T, site *stack.Portal) []string {
	t.Helper()
	sent, err := Mails(site)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range sent {
		list = append(list, strings.Trim(l.To, "<>")+": "+l.Subject)
	}
	slices.Sort(list)
	return list
}
