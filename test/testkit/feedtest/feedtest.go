// Package feedtest checks feeds by the rules of the W3C's feed validator, and reads them as a feed reader does.
package feedtest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html"
)

// checker notes what is wrong with a feed.
type checker struct {
	problems []string
	ids      map[string]bool
}

func (c *checker) fail(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// Read returns the feed of a document, which a test served at an address. It fails the test if a rule is broken.
func Read(t testing.TB, address string, document []byte) *gofeed.Feed {
	t.Helper()
	for _, problem := range Check(address, document) {
		t.Errorf("%s: %s", address, problem)
	}
	read, err := gofeed.NewParser().Parse(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("%s: %v in\n%s", address, err, document)
	}
	return read
}

// Check returns what is wrong with the feed at an address.
func Check(address string, document []byte) []string {
	c := &checker{ids: map[string]bool{}}
	if bytes.HasPrefix(document, []byte("{")) {
		c.json(address, document)
		return c.problems
	}
	var root element
	if err := xml.Unmarshal(document, &root); err != nil {
		return []string{err.Error()}
	}
	switch root.XMLName {
	case xml.Name{Space: atomSpace, Local: "feed"}:
		c.atom(address, root)
	case xml.Name{Local: "rss"}:
		c.rss(address, root)
	default:
		c.fail("the root is %s", root.XMLName.Local)
	}
	return c.problems
}

// absolute checks an address that has to be absolute.
func (c *checker) absolute(what, address string) {
	if parsed, err := url.Parse(address); err != nil || !parsed.IsAbs() || parsed.Opaque == "" && parsed.Host == "" || strings.ContainsAny(address, " \t\r\n") {
		c.fail("%s is no absolute address: %q", what, address)
	}
}

// id checks an ID, which has to be a URI, and that of one entry.
func (c *checker) id(what, id string) {
	c.absolute(what, id)
	if c.ids[id] {
		c.fail("%s is not unique: %q", what, id)
	}
	c.ids[id] = true
}

// text checks that a text is not blank.
func (c *checker) text(what, text string) {
	if strings.TrimSpace(text) == "" {
		c.fail("%s is missing or blank", what)
	}
}

// language checks a tag of BCP 47.
func (c *checker) language(what, tag string) {
	if tag != "" && !regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`).MatchString(tag) {
		c.fail("%s is no language: %q", what, tag)
	}
}

// date checks a date in a layout, and returns it.
func (c *checker) date(what, layout, text string) time.Time {
	at, err := time.Parse(layout, text)
	if err != nil {
		c.fail("%s: %v", what, err)
	}
	return at
}

// content checks HTML in a feed: it needs no base, and runs nothing.
func (c *checker) content(what, content string) {
	document, err := html.Parse(strings.NewReader(content))
	if err != nil {
		c.fail("%s: %v", what, err)
		return
	}
	for node := range document.Descendants() {
		switch node.Data {
		case "script", "style", "iframe", "object", "embed", "form", "meta", "link":
			c.fail("%s has the element %s", what, node.Data)
		}
		for _, attribute := range node.Attr {
			switch {
			case attribute.Key == "href" || attribute.Key == "src" || attribute.Key == "cite":
				c.absolute(what+": "+attribute.Key, attribute.Val)
			case attribute.Key == "srcset":
				for candidate := range strings.SplitSeq(attribute.Val, ",") {
					c.absolute(what+": srcset", strings.Fields(candidate)[0])
				}
			case attribute.Key == "style" || strings.HasPrefix(attribute.Key, "on"):
				c.fail("%s has the attribute %s", what, attribute.Key)
			}
		}
	}
}

// name checks the name of an author, which is no email address: only an element of RSS that feeds here do not have is one.
func (c *checker) name(what, name string) {
	c.text(what, name)
	if _, err := mail.ParseAddress(name); err == nil {
		c.fail("%s is an email address: %q", what, name)
	}
}

func (c *checker) json(address string, document []byte) {
	var f struct {
		Version, Title, Language string
		Home                     string `json:"home_page_url"`
		Self                     string `json:"feed_url"`
		Authors                  []struct{ Name string }
		Items                    []struct {
			ID, URL, Title, Summary, Image, Language string
			Link                                     string  `json:"external_url"`
			HTML                                     *string `json:"content_html"`
			Text                                     *string `json:"content_text"`
			Published                                string  `json:"date_published"`
			Updated                                  string  `json:"date_modified"`
			Authors                                  []struct{ Name string }
			Tags                                     []string
		}
	}
	if err := json.Unmarshal(document, &f); err != nil {
		c.fail("%v", err)
		return
	}
	if f.Version != "https://jsonfeed.org/version/1.1" || f.Self != address || f.Items == nil {
		c.fail("version %q, feed_url %q", f.Version, f.Self)
	}
	c.text("title", f.Title)
	c.absolute("home_page_url", f.Home)
	c.language("language", f.Language)
	for _, author := range f.Authors {
		c.name("author", author.Name)
	}
	for _, item := range f.Items {
		c.id("id", item.ID)
		c.absolute("url", item.URL)
		if item.Link != "" {
			c.absolute("external_url", item.Link)
		}
		if item.Image != "" {
			c.absolute("image", item.Image)
		}
		c.language("language", item.Language)
		published, updated := c.date("date_published", time.RFC3339, item.Published), c.date("date_modified", time.RFC3339, item.Updated)
		if updated.Before(published) {
			c.fail("%s was modified before it was published", item.ID)
		}
		switch {
		case item.HTML != nil:
			c.content("content_html", *item.HTML)
		case item.Text == nil:
			c.fail("%s has no content", item.ID)
		}
		for _, author := range item.Authors {
			c.name("author", author.Name)
		}
	}
}
