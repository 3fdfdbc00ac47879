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

// Client behaves like a browser: it keeps cookies by host, and follows redirects.
type Client struct {
	t *testing.T
	// HTTP sends the requests.
	HTTP  *http.Client
	hosts *hosts
}

// NewClient returns a client without cookies. It sends requests for every host to the public site.
func NewClient(t *testing.T, site *stack.Portal) *Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	routes := &hosts{site: site.Address, from: site.ClientAddress, blogs: map[string]string{}}
	return &Client{t: t, hosts: routes, HTTP: &http.Client{Jar: jar, Transport: routes}}
}

// RouteToBlog sends requests for some hosts to the blog from now on, as an ingress controller does.
func (c *Client) RouteToBlog(p *stack.Platform, hosts ...string) {
	for _, host := range hosts {
		c.hosts.blogs[host] = p.Blogs[0]
	}
}

// hosts is a transport that sends requests for some hosts to the blog, and all others to the public site.
type hosts struct {
	site  string
	from  string            // the client's address for the public site. Empty: its own
	blogs map[string]string // by host
}

// forwardedFor is the header with the address of a client. The blog ignores it.
const forwardedFor = "X-Forwarded-For"

// RoundTrip sends a request.
func (h *hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Host = h.site
	if h.from != "" && r.Header.Get(forwardedFor) == "" {
		r.Header.Set(forwardedFor, h.from)
	}
	if blog := h.blogs[r.Host]; blog != "" {
		r.URL.Host = blog
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Get requests a path of the public site, or a URL, and follows redirects.
func (c *Client) Get(path string) Page {
	c.t.Helper()
	return c.Do(http.MethodGet, path, nil, nil)
}

// Submit posts a form as a browser does, and follows redirects. Fields are alternating names and values.
func (c *Client) Submit(path string, fields ...string) Page {
	c.t.Helper()
	return c.Do(http.MethodPost, path, FormBody(fields...), FormHeader.Clone())
}

// SubmitForm opens a page and posts a form of it, with the version of the Tenant that the page was made from.
func (c *Client) SubmitForm(page, path string, fields ...string) Page {
	c.t.Helper()
	return c.Submit(path, append(fields, "version", c.Get(page).Version())...)
}

// Do sends a request, and follows redirects.
func (c *Client) Do(method, path string, body io.Reader, header http.Header) Page {
	c.t.Helper()
	p, err := c.Try(c.t.Context(), method, path, body, header)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return p
}

// Try is Do for goroutines, which must not end the test.
func (c *Client) Try(ctx context.Context, method, path string, body io.Reader, header http.Header) (Page, error) {
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
	response, err := c.HTTP.Do(request)
	if err != nil {
		return Page{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return Page{Status: response.StatusCode, Header: response.Header, URL: response.Request.URL, Body: string(content), Cookies: response.Cookies()}, err
}

// Step requests a page without following redirects.
func (c *Client) Step(path string) Page {
	c.t.Helper()
	follow := c.HTTP.CheckRedirect
	c.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { c.HTTP.CheckRedirect = follow }()
	return c.Get(path)
}

// SendRegistration posts a sign-up form in the background. The returned function waits for the response.
func (c *Client) SendRegistration(name string, further ...string) (wait func() (Page, error)) {
	c.t.Helper()
	type answer struct {
		page Page
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		p, err := c.Try(c.t.Context(), http.MethodPost, "/register/", FormBody(append(Registration(name), further...)...), FormHeader)
		answered <- answer{p, err}
	}()
	return func() (Page, error) {
		a := <-answered
		return a.page, a.err
	}
}

// Register posts a valid sign-up form.
func (c *Client) Register(name string) Page {
	c.t.Helper()
	return c.Submit("/register/", Registration(name)...)
}

// Registration returns the fields of a valid sign-up form. Further fields replace the valid ones, or are added.
func Registration(name string, further ...string) []string {
	fields := []string{"username", name, "email", name + "@people.example", "password", Password}
	for i := 0; i+1 < len(further); i += 2 {
		replaced := false
		for j := 0; j < len(fields); j += 2 {
			if fields[j] == further[i] {
				fields[j+1], replaced = further[i+1], true
			}
		}
		if !replaced {
			fields = append(fields, further[i], further[i+1])
		}
	}
	return fields
}

// AwaitHome reloads the progress page of a sign-up, as browsers without scripts do, and returns the page that follows it.
func (c *Client) AwaitHome(p *stack.Platform, shown Page) Page {
	c.t.Helper()
	p.Wait("the sign-up has finished", func(context.Context) error {
		if shown.URL.Path != "/register/progress/" || !strings.Contains(shown.Body, `class="steps"`) {
			return nil
		}
		shown = c.Get("/register/progress/")
		return fmt.Errorf("it shows:\n%s", shown.Body)
	})
	return shown
}

// SubmitFrom posts a form from another IP address, as a trusted proxy does.
func (c *Client) SubmitFrom(address, path string, fields ...string) Page {
	c.t.Helper()
	header := FormHeader.Clone()
	header.Set(forwardedFor, address)
	return c.Do(http.MethodPost, path, FormBody(fields...), header)
}

// FormHeader is the header of a form that a page of the same site sends.
var FormHeader = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}

// FormBody encodes alternating names and values.
func FormBody(fields ...string) *strings.Reader {
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return strings.NewReader(form.Encode())
}

// Cookie returns the value of the cookie for a URL whose name has a suffix.
func (c *Client) Cookie(address, name string) string {
	c.t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cookie := range c.HTTP.Jar.Cookies(parsed) {
		if strings.HasSuffix(cookie.Name, name) {
			return cookie.Value
		}
	}
	return ""
}
