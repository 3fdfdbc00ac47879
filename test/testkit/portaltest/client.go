package portaltest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// Client is a person with a browser: cookies are kept by host, redirects are followed or shown as asked.
type Client struct {
	t     *testing.T
	HTTP  *http.Client
	site  string // HOST:PORT of the public site
	hosts *hosts
}

// NewClient returns a visitor without any cookie. Every host leads to the public site.
func NewClient(t *testing.T, site *stack.Portal) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ways := &hosts{site: site.Address, blogs: map[string]string{}}
	return &Client{t: t, site: site.Address, hosts: ways, HTTP: &http.Client{Jar: jar, Transport: ways}}
}

// RouteToBlog has hosts lead to the blog from now on, as an ingress controller does.
func (v *Client) RouteToBlog(p *stack.Platform, hosts ...string) {
	for _, host := range hosts {
		v.hosts.blogs[host] = p.Blogs[0]
	}
}

// hosts are where requests go: to the public site, or to a blog where the host is one's.
type hosts struct {
	site  string
	blogs map[string]string // by host
}

// RoundTrip sends a request on its way.
func (a *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Host = a.site
	if blog := a.blogs[r.Host]; blog != "" {
		r.URL.Host = blog
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Get opens a page of the public site, or of a whole address, and follows redirects.
func (v *Client) Get(path string) Page {
	v.t.Helper()
	return v.Do(http.MethodGet, path, nil, nil)
}

// Submit sends a form as a browser does, and follows redirects. Fields are names and values in turn.
func (v *Client) Submit(path string, fields ...string) Page {
	v.t.Helper()
	return v.Do(http.MethodPost, path, FormBody(fields...), FormHeader.Clone())
}

func (v *Client) Do(method, path string, body io.Reader, header http.Header) Page {
	v.t.Helper()
	p, err := v.Try(v.t.Context(), method, path, body, header)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return p
}

func (v *Client) Try(ctx context.Context, method, path string, body io.Reader, header http.Header) (Page, error) {
	address := path
	if strings.HasPrefix(path, "/") {
		address = "http://" + stack.Domain + path
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return Page{}, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := v.HTTP.Do(request)
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return Page{Status: response.StatusCode, Header: response.Header, URL: response.Request.URL, Body: string(content), Cookies: response.Cookies()}, err
}

// Step returns the answer to a request itself, without following where it leads.
func (v *Client) Step(path string) Page {
	v.t.Helper()
	follow := v.HTTP.CheckRedirect
	v.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { v.HTTP.CheckRedirect = follow }()
	return v.Get(path)
}

// SendRegistration sends a form that nobody waits for the answer of. The function that it returns waits until the connection is
// closed, or the answer is there.
func (v *Client) SendRegistration(name string, further ...string) (wait func() (Page, error)) {
	v.t.Helper()
	type answer struct {
		page Page
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		p, err := v.Try(v.t.Context(), http.MethodPost, "/register/", FormBody(append(Registration(name), further...)...), FormHeader)
		answered <- answer{p, err}
	}()
	return func() (Page, error) {
		a := <-answered
		return a.page, a.err
	}
}

// Register fills in the form and sends it.
func (v *Client) Register(name string) Page {
	v.t.Helper()
	return v.Submit("/register/", Registration(name)...)
}

// Registration is a form that nothing is wrong with. Further fields take the place of its own.
func Registration(name string, further ...string) []string {
	fields := []string{"username", name, "email", name + "@people.example", "password", Password, "confirm_password", Password}
	for i := 0; i+1 < len(further); i += 2 {
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == further[i] {
				fields[j+1] = further[i+1]
			}
		}
	}
	return fields
}

// AwaitHome waits on the page of the steps, as browsers without scripts do, and returns the page that it ends with.
func (v *Client) AwaitHome(p *stack.Platform, shown Page) Page {
	v.t.Helper()
	p.Wait("the registration has come to its end", func(context.Context) error {
		if shown.URL.Path != "/register/progress/" || !strings.Contains(shown.Body, `class="steps"`) {
			return nil
		}
		shown = v.Get("/register/progress/")
		return fmt.Errorf("it shows:\n%s", shown.Body)
	})
	return shown
}

// SubmitFrom sends a form as a proxy does that is trusted.
func (v *Client) SubmitFrom(address, path string, fields ...string) Page {
	v.t.Helper()
	header := FormHeader.Clone()
	header.Set("X-Forwarded-For", address)
	return v.Do(http.MethodPost, path, FormBody(fields...), header)
}

var FormHeader = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}

// FormBody encodes fields, which are names and values in turn.
func FormBody(fields ...string) *strings.Reader {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return strings.NewReader(form.Encode())
}

// Cookie returns the value of the cookie that an address gets whose name ends so.
func (v *Client) Cookie(address, name string) string {
	v.t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, cookie := range v.HTTP.Jar.Cookies(parsed) {
		if strings.HasSuffix(cookie.Name, name) {
			return cookie.Value
		}
	}
	return ""
}
