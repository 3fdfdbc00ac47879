package portal_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

// newPlatform starts an operator and a blog.
func newPlatform(t *testing.T) *stack.Platform {
	t.Helper()
	p := stack.New(t)
	p.StartOperator()
	p.WaitReady()
	p.StartBlog(0)
	return p
}

// newSite starts an operator, a blog and the public site, with further flags for the latter.
func newSite(t *testing.T, flags ...string) (*stack.Platform, *stack.Portal) {
	t.Helper()
	p := newPlatform(t)
	return p, p.StartPortal(0, append([]string{"--registrations-per-hour=1000", "--refused-registrations-per-hour=1000"}, flags...)...)
}

// visitor is a person with a browser: cookies are kept by host, redirects are followed or shown as asked.
type visitor struct {
	t      *testing.T
	client *http.Client
	site   string // HOST:PORT of the public site
	ways   *ways
}

// page is what a visitor sees.
type page struct {
	Status  int
	Header  http.Header
	URL     *url.URL
	Body    string
	Cookies []*http.Cookie
}

// newVisitor returns a visitor without any cookie. Every host leads to the public site.
func newVisitor(t *testing.T, site *stack.Portal) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ways := &ways{site: site.Address, blogs: map[string]string{}}
	return &visitor{t: t, site: site.Address, ways: ways, client: &http.Client{Jar: jar, Transport: ways}}
}

// findBlogs has hosts lead to the blog from now on, as an ingress controller does.
func (v *visitor) findBlogs(p *stack.Platform, hosts ...string) {
	for _, host := range hosts {
		v.ways.blogs[host] = p.Blogs[0]
	}
}

// ways are where requests go: to the public site, or to a blog where the host is one's.
type ways struct {
	site  string
	blogs map[string]string // by host
}

// RoundTrip sends a request on its way.
func (a *ways) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Host = a.site
	if blog := a.blogs[r.Host]; blog != "" {
		r.URL.Host = blog
	}
	return http.DefaultTransport.RoundTrip(r)
}

// get opens a page of the public site, or of a whole address, and follows redirects.
func (v *visitor) get(path string) page {
	v.t.Helper()
	return v.do(http.MethodGet, path, nil, nil)
}

// submit sends a form as a browser does, and follows redirects. Fields are names and values in turn.
func (v *visitor) submit(path string, fields ...string) page {
	v.t.Helper()
	return v.do(http.MethodPost, path, formBody(fields...), formHeader.Clone())
}

func (v *visitor) do(method, path string, body io.Reader, header http.Header) page {
	v.t.Helper()
	p, err := v.try(v.t.Context(), method, path, body, header)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return p
}

func (v *visitor) try(ctx context.Context, method, path string, body io.Reader, header http.Header) (page, error) {
	address := path
	if strings.HasPrefix(path, "/") {
		address = "http://" + stack.Domain + path
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return page{}, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := v.client.Do(request)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return page{Status: response.StatusCode, Header: response.Header, URL: response.Request.URL, Body: string(content), Cookies: response.Cookies()}, err
}

// want fails the test unless the page has a status and says every one of the texts.
func (p page) want(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.Status != status {
		t.Fatalf("%s answers %d instead of %d:\n%s", p.URL, p.Status, status, p.Body)
	}
	for _, text := range texts {
		if !strings.Contains(p.Body, text) {
			t.Errorf("%s does not say %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}

// without fails the test when the page says one of the texts.
func (p page) without(t *testing.T, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Body, text) {
			t.Errorf("%s says %q:\n%s", p.URL, text, p.Body)
		}
	}
	return p
}
