//go:build e2e

package e2e_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// browser is a visitor, who reaches every host through the ingress controller.
type browser struct {
	*http.Client
}

// browser returns a browser without cookies.
func (p *product) browser() browser {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return browser{&http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: p.authorities},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := p.http
			if strings.HasSuffix(address, ":443") {
				to = p.https
			}
			return new(net.Dialer).DialContext(ctx, network, to)
		},
	}}}
}

// site returns the address of the public site, and blog that of a blog.
func (p *product) site() string            { return p.scheme + "://" + domain }
func (p *product) blog(name string) string { return p.scheme + "://" + name + "." + domain }

// answer is a page, at the end of redirects.
type answer struct {
	status int
	url    *url.URL
	header http.Header
	text   string
}

// want returns an error if a page does not have a status and a text.
func (a answer) want(status int, text string) error {
	if a.status != status || !strings.Contains(a.text, text) {
		return fmt.Errorf("%s answers %d, want %d and %q:\n%.2000s", a.url, a.status, status, text, a.text)
	}
	return nil
}

// get requests a page.
func (b browser) get(ctx context.Context, address string) (answer, error) {
	return b.send(ctx, http.MethodGet, address, nil)
}

// submit sends a form, as a page of the same site does.
func (b browser) submit(ctx context.Context, address string, form url.Values) (answer, error) {
	return b.send(ctx, http.MethodPost, address, form)
}

func (b browser) send(ctx context.Context, method, address string, form url.Values) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	response, err := b.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return answer{response.StatusCode, response.Request.URL, response.Header, string(text)}, err
}

// read fails the request unless a page has the status 200 and a text.
func (b browser) read(ctx context.Context, address, text string) error {
	page, err := b.get(ctx, address)
	if err != nil {
		return err
	}
	return page.want(http.StatusOK, text)
}

// register signs a user up, and returns when the user is logged in and the blog is served.
func (p *product) register(ctx context.Context, b browser, name string) error {
	page, err := b.submit(ctx, p.site()+"/register/", url.Values{
		"username": {name}, "email": {name + "@example.org"}, "password": {password}, "confirm_password": {password},
	})
	if err != nil {
		return fmt.Errorf("sign up %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for tick := time.NewTicker(200 * time.Millisecond); page.url.Path == "/register/progress/"; <-tick.C {
		if err := page.want(http.StatusOK, ""); err != nil {
			return fmt.Errorf("sign up %s: %w", name, err)
		}
		if page, err = b.get(ctx, page.url.String()); err != nil {
			return fmt.Errorf("sign up %s: %w", name, err)
		}
	}
	if err := page.want(http.StatusOK, "Welcome, "+name); err != nil {
		return fmt.Errorf("sign up %s: %w", name, err)
	}
	if err := b.read(ctx, p.blog(name)+"/", name); err != nil {
		return fmt.Errorf("read the new blog of %s: %w", name, err)
	}
	return nil
}

// openEditor logs a user of the public site in to the own blog, as the link to write does.
func (p *product) openEditor(ctx context.Context, b browser, name string) error {
	page, err := b.get(ctx, p.blog(name)+"/login/")
	if err != nil {
		return fmt.Errorf("log in to the blog of %s: %w", name, err)
	}
	if page.url.Path != "/write/" || page.status != http.StatusOK {
		return fmt.Errorf("log in to the blog of %s: %s answers %d:\n%.2000s", name, page.url, page.status, page.text)
	}
	return nil
}

// publish publishes a post of a user, and returns its address.
func (p *product) publish(ctx context.Context, b browser, name, slug, text string) (address string, err error) {
	page, err := b.submit(ctx, p.blog(name)+"/write/new/", url.Values{
		"title": {"Post " + slug}, "slug": {slug}, "content": {text}, "action": {"publish"},
	})
	if err != nil {
		return "", fmt.Errorf("publish %s of %s: %w", slug, name, err)
	}
	if page.status != http.StatusOK || page.url.Path != "/write/"+slug+"/" {
		return "", fmt.Errorf("publish %s of %s: %s answers %d:\n%.2000s", slug, name, page.url, page.status, page.text)
	}
	return p.blog(name) + "/" + slug + "/", nil
}

// waitStatus waits until a page has a status, and returns its text.
func (p *product) waitStatus(b browser, address string, want int) (text string) {
	p.t.Helper()
	p.wait(fmt.Sprintf("%s answers %d", address, want), func(ctx context.Context) error {
		page, err := b.get(ctx, address)
		if err != nil {
			return err
		}
		text = page.text
		return page.want(want, "")
	})
	return text
}
