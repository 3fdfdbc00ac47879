package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// secret is the password of every account that a test makes.
const secret = "correct horse battery"

// letter is a mail that was sent.
type letter struct {
	To, Subject, Body string
	Header            mail.Header
}

// parseLetter reads a mail as it was sent.
func parseLetter(content string) (letter, error) {
	message, err := mail.ReadMessage(strings.NewReader(content))
	if err != nil {
		return letter{}, err
	}
	body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
	return letter{To: message.Header.Get("To"), Subject: message.Header.Get("Subject"), Body: string(body), Header: message.Header}, err
}

// letters reads what was sent, the oldest first.
func letters(site *stack.Portal) ([]letter, error) {
	files, err := filepath.Glob(filepath.Join(site.Mails, "*.eml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	sent := make([]letter, 0, len(files))
	for _, path := range files {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		l, err := parseLetter(string(content))
		if err != nil {
			return nil, err
		}
		sent = append(sent, l)
	}
	return sent, nil
}

// waitLetters waits until as many mails with a subject came to an address, and returns the last one.
func waitLetters(p *stack.Platform, site *stack.Portal, to, subject string, number int) letter {
	var last letter
	p.Wait(fmt.Sprintf("%d mails %q came to %s", number, subject, to), func(context.Context) error {
		all, err := letters(site)
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
			return fmt.Errorf("%d came; in all: %+v", count, all)
		}
		return nil
	})
	return last
}

// link returns the path of the one link in a mail that leads to a page.
func (l letter) link(t *testing.T, page string) string {
	t.Helper()
	found := regexp.MustCompile(`http://` + regexp.QuoteMeta(stack.Domain+page) + `\S*`).FindString(l.Body)
	if found == "" {
		t.Fatalf("no link to %s in the mail %q:\n%s", page, l.Subject, l.Body)
	}
	return strings.TrimPrefix(found, "http://"+stack.Domain)
}

// token returns the token of a link.
func token(link string) string {
	_, value, _ := strings.Cut(link, "token=")
	return value
}

// addAccount makes a blog as kubectl does, and an account for its owner.
func addAccount(t *testing.T, p *stack.Platform, name string, change ...func(*v1alpha1.Tenant)) int64 {
	t.Helper()
	tenant := &v1alpha1.Tenant{}
	tenant.Name = name
	tenant.Spec.Owner = &v1alpha1.TenantOwner{Username: name, Email: name + "@example.org"}
	for _, c := range change {
		c(tenant)
	}
	if err := errors.Join(p.Create(t.Context(), tenant), p.AwaitReady(t.Context(), name)); err != nil {
		t.Fatal(err)
	}
	return addUser(t, p, name)
}

// addUser makes an account whose address is not confirmed yet. Without a blog it does not last, unless it is staff's.
func addUser(t *testing.T, p *stack.Platform, name string, change ...func(*account.User)) int64 {
	t.Helper()
	hashed, err := account.NewHasher().Hash(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	user := account.User{
		Username: name, Email: name + "@example.org", PasswordHash: hashed, Role: account.Author, State: account.Active, CreatedAt: time.Now(),
	}
	for _, c := range change {
		c(&user)
	}
	id, err := account.InsertUser(t.Context(), p.Admin, user)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// logIn returns a visitor who has logged in.
func logIn(t *testing.T, site *stack.Portal, name, password string) *visitor {
	t.Helper()
	v := newVisitor(t, site)
	v.submit("/login/", "username", name, "password", password).want(t, http.StatusOK, "Welcome, "+name)
	return v
}

func TestResetByMail(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	here, elsewhere := newVisitor(t, site), logIn(t, site, "alice", secret)

	// Whether or not there is an account, the page is the same.
	sent := here.submit("/reset/", "username", "Alice@Example.org ").want(t, http.StatusOK, "Look into your mails")
	nobody := here.submit("/reset/", "username", "nobody@example.org").want(t, http.StatusOK)
	if sent.Body != nobody.Body {
		t.Errorf("the page tells whether there is an account:\n%s\n%s", sent.Body, nobody.Body)
	}
	here.submit("/reset/", "username", " ").want(t, http.StatusUnprocessableEntity, "Fill in your user name", `aria-invalid="true"`)
	link := waitLetters(p, site, "alice@example.org", "Choose a new password", 1).link(t, "/reset/password/")

	// Looking at the page does not use the link, and what is refused does not either.
	here.get(link).want(t, http.StatusOK, "for the account alice")
	here.get("/reset/password/?token=wrong").want(t, http.StatusGone, "This link is used up", `href="/reset/"`)
	here.submit("/reset/password/", "token", token(link), "password", "short", "confirm_password", "short").
		want(t, http.StatusUnprocessableEntity, "Use at least 10 characters", `id="password-error"`)
	here.submit("/reset/password/", "token", token(link), "password", "another secret", "confirm_password", "another one").
		want(t, http.StatusUnprocessableEntity, "The two passwords differ")
	elsewhere.get("/").want(t, http.StatusOK, "Welcome, alice")

	set := []string{"token", token(link), "password", "another secret", "confirm_password", "another secret"}
	here.submit("/reset/password/", set...).want(t, http.StatusOK, "Your password is changed", "Log in")
	waitLetters(p, site, "alice@example.org", "Your password was changed", 1)
	elsewhere.get("/").want(t, http.StatusOK, "A blog of your own")
	here.submit("/login/", "username", "alice", "password", secret).want(t, http.StatusUnprocessableEntity)
	logIn(t, site, "alice", "another secret")

	// Once, and of several links only until one is used, or its hour is over.
	here.submit("/reset/password/", set...).want(t, http.StatusGone)
	here.submit("/reset/", "username", "alice").want(t, http.StatusOK)
	late := waitLetters(p, site, "alice@example.org", "Choose a new password", 2).link(t, "/reset/password/")
	here.get(late).want(t, http.StatusOK)
	p.Exec(`UPDATE public.mail_tokens SET expires_at = $1`, time.Now().Add(-time.Second))
	here.get(late).want(t, http.StatusGone)
	here.submit("/reset/password/", "token", token(late), "password", "a third secret", "confirm_password", "a third secret").want(t, http.StatusGone)

	// Nobody's account got no mail, and the fifth within an hour is refused.
	here.submit("/reset/", "username", "somebody").want(t, http.StatusOK)
	refused := here.submit("/reset/", "username", "carol").want(t, http.StatusTooManyRequests, "Too many attempts")
	if after := refused.Header.Get("Retry-After"); after != "3600" {
		t.Errorf("Retry-After is %q", after)
	}
	waitNoMails(p)
	all, err := letters(site)
	if err != nil || len(all) != 3 {
		t.Errorf("%d mails were sent, %v: %+v", len(all), err, all)
	}
}

func TestConfirmByMail(t *testing.T) {
	t.Parallel()
	p, site := newSite(t)
	addAccount(t, p, "alice")
	v := logIn(t, site, "alice", secret)
	v.get("/").want(t, http.StatusOK, "alice@example.org is not confirmed yet")
	v.submit("/account/confirm/").want(t, http.StatusOK, "A mail with a link is on its way")
	link := waitLetters(p, site, "alice@example.org", "Confirm your address", 1).link(t, "/confirm/")

	for range 3 {
		v.submit("/account/confirm/").want(t, http.StatusOK)
	}
	v.submit("/account/confirm/").want(t, http.StatusTooManyRequests, "Too many attempts")
	waitLetters(p, site, "alice@example.org", "Confirm your address", 4)
	waitNoMails(p) // a mail is there a moment before it is noted that it was sent

	// A program that opens the links in mails confirms nothing. It works in any browser, once.
	other := newVisitor(t, site)
	other.get(link).want(t, http.StatusOK, "alice@example.org", "Yes, it is mine")
	v.get("/").want(t, http.StatusOK, "is not confirmed")
	other.submit("/confirm/", "token", "wrong").want(t, http.StatusGone)
	other.submit("/confirm/", "token", token(link)).want(t, http.StatusOK, "your address is confirmed", "Log in")
	if home := v.get("/").want(t, http.StatusOK, "Welcome, alice"); strings.Contains(home.Body, "not confirmed") {
		t.Errorf("a confirmed address is said not to be:\n%s", home.Body)
	}
	other.submit("/confirm/", "token", token(link)).want(t, http.StatusGone, "This link is used up")

	// There is nothing to send again.
	v.submit("/account/confirm/").want(t, http.StatusOK)
	var queued int
	if err := p.Admin.QueryRow(t.Context(), `SELECT count(*) FROM public.mails`).Scan(&queued); err != nil || queued != 0 {
		t.Errorf("%d mails queued for a confirmed address, %v", queued, err)
	}
}
