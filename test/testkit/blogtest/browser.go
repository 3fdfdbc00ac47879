package blogtest

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/echoblogs/echoblogs/internal/account"
)

// Browser keeps the cookies of one host.
type Browser struct {
	*Platform
	Host    string
	Cookies map[string]string
}

// Browser returns a Browser without cookies.
func (p *Platform) Browser(host string) *Browser {
	return &Browser{p, host, map[string]string{}}
}

// LogIn creates a user who is logged in to the public site, and logs in to a blog.
func (p *Platform) LogIn(username, host string) *Browser {
	p.T.Helper()
	b := p.Browser(host)
	b.Redeem(p.LoginCode(username, host, b.Challenge()), http.StatusSeeOther)
	return b
}

// owned are blogs without Tenants: whom the registry names is the owner.
type owned struct{ account.Blogs }

func (owned) Owns(context.Context, string, string, bool, string) (bool, error) { return true, nil }

// LoginCode does what the public site does: it issues a code for a login at a host.
func (p *Platform) LoginCode(username, host, challenge string) string {
	p.T.Helper()
	ctx := p.T.Context()
	accounts := account.New(account.Options{DB: p.Operator, Blogs: owned{}, Now: p.Clock.Now})
	user, err := accounts.User(ctx, username)
	if err != nil {
		user = account.User{Username: username, Email: username + "@example.org", Role: account.Author, State: account.Active, CreatedAt: p.Clock.Now()}
		if user.ID, err = account.InsertUser(ctx, p.Operator, user); err != nil {
			p.T.Fatal(err)
		}
	}
	token, err := accounts.StartSession(ctx, user.ID, account.Browser{})
	if err != nil {
		p.T.Fatal(err)
	}
	session, _, err := accounts.Authenticate(ctx, token)
	if err != nil {
		p.T.Fatal(err)
	}
	code, _, err := accounts.AuthorizeBlog(ctx, &user, &session, host, challenge)
	if err != nil {
		p.T.Fatal(err)
	}
	return code
}

// Challenge starts a login, and returns the challenge that the blog sends to the public site.
func (b *Browser) Challenge() string {
	b.T.Helper()
	to, err := url.Parse(b.Open("/login/").Header.Get("Location"))
	if err != nil || to.Path != "/authorize/" {
		b.T.Fatalf("/login/ redirects to %s, %v", to, err)
	}
	return to.Query().Get("challenge")
}

// Redeem completes a login.
func (b *Browser) Redeem(code string, status int) Response {
	b.T.Helper()
	got := b.Open("/login/callback?next=/write/&code=" + code)
	if got.Status != status {
		b.T.Fatalf("the login ends with %d, want %d:\n%s", got.Status, status, got.Body)
	}
	return got
}

// Open requests a page of the browser's host.
func (b *Browser) Open(path string) Response {
	b.T.Helper()
	return b.Send(http.MethodGet, path, nil, nil)
}

// Submit submits a form of the same origin. Fields are alternating names and values.
func (b *Browser) Submit(path string, fields ...string) Response {
	b.T.Helper()
	return b.Send(http.MethodPost, path, strings.NewReader(Encode(fields)), http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

// SubmitMultipart does what Submit does, as multipart/form-data: so do browsers with the form of a post.
func (b *Browser) SubmitMultipart(path string, fields ...string) Response {
	b.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			b.T.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		b.T.Fatal(err)
	}
	return b.Send(http.MethodPost, path, &body, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Content-Type": {form.FormDataContentType()}})
}

// Encode encodes alternating names and values of form fields.
func Encode(fields []string) string {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return form.Encode()
}

// Send sends a request with the browser's cookies.
func (b *Browser) Send(method, path string, body io.Reader, header http.Header) Response {
	b.T.Helper()
	sent := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, values := range header {
		sent[name] = values
	}
	for name, value := range b.Cookies {
		sent.Add("Cookie", (&http.Cookie{Name: name, Value: value}).String())
	}
	got := b.send(method, b.Host, path, body, sent)
	for _, cookie := range (&http.Response{Header: got.Header}).Cookies() {
		b.Cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(b.Cookies, cookie.Name)
		}
	}
	return got
}
