package feedtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/feedtest"
)

const address = "https://a.example/feed"

// What a validator refuses is found.
func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><id>urn:uuid:1</id><title>A</title><updated>2027-01-10T12:00:00Z</updated>` +
			`<author><name>Ann</name></author><link rel="self" href="https://a.example/feed"/><link rel="alternate" href="https://a.example/"/>` +
			`<entry xml:base="https://a.example/b/"><id>urn:uuid:2</id><title>B</title><link rel="alternate" href="https://a.example/b/"/>` +
			`<published>2027-01-10T12:00:00Z</published><updated>2027-01-10T12:00:00Z</updated><content type="html">&lt;p&gt;text</content></entry></feed>`
		rss = `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>A</title>` +
			`<link>https://a.example/</link><description>A</description><lastBuildDate>Sun, 10 Jan 2027 12:00:00 +0000</lastBuildDate>` +
			`<atom:link rel="self" href="https://a.example/feed"/><item><title>B</title><link>https://a.example/b/</link>` +
			`<guid isPermaLink="false">urn:uuid:2</guid><pubDate>Sun, 10 Jan 2027 12:00:00 +0000</pubDate><dc:creator>Ann</dc:creator><description>b</description></item></channel></rss>`
		json = `{"version": "https://jsonfeed.org/version/1.1", "title": "A", "home_page_url": "https://a.example/", "feed_url": "https://a.example/feed", "authors": [{"name": "Ann"}],` +
			`"items": [{"id": "urn:uuid:2", "url": "https://a.example/b/", "content_html": "<p>text", "date_published": "2027-01-10T12:00:00Z", "date_modified": "2027-01-10T12:00:00Z"}]}`
	)
	for _, test := range []struct {
		document, from, to string
		want               string // empty: nothing is wrong
	}{
		{atom, "", "", ""}, {rss, "", "", ""}, {json, "", "", ""},
		{atom, "urn:uuid:2", "urn:uuid:1", "is not unique"}, {atom, "urn:uuid:2", "2", "is no absolute address"}, {atom, "<title>B</title>", "", "0 elements <title>"},
		{atom, "<title>B</title>", "<title> </title>", "blank"}, {atom, "&lt;p", `&lt;a href="/b/"`, "is no absolute address"}, {atom, "&lt;p", "&lt;script", "has the element script"},
		{atom, "10T12:00:00Z</published>", "10</published>", "published:"}, {atom, "10T12:00:00Z</published>", "11T12:00:00Z</published>", "an entry published at"},
		{atom, `rel="self" href="https://a.example/feed"`, `rel="self" href="https://a.example/"`, "want self"}, {atom, "<name>Ann", "<name>ann@a.example", "is an email address"},
		{atom, "<author><name>Ann</name></author>", "", "no author"}, {atom, "<content", "<body/><content", "unknown element"},
		{rss, "+0000</pubDate>", "UTC</pubDate>", "pubDate"}, {rss, "Sun, 10 Jan 2027", "2027-01-10", "lastBuildDate"}, {rss, "<dc:creator>Ann</dc:creator>", "<author>Ann</author>", "unknown element"},
		{rss, `isPermaLink="false"`, `isPermaLink="true"`, "isPermaLink"}, {rss, `<atom:link rel="self" href="https://a.example/feed"/>`, "", "no atom:link"},
		{rss, "<link>https://a.example/b/", "<link>/b/", "is no absolute address"},
		{json, `"content_html"`, `"content"`, "no content"}, {json, "/feed\"", "/\"", "feed_url"}, {json, "-10T12:00:00Z\"}", "-09T12:00:00Z\"}", "modified before"},
	} {
		problems := feedtest.Check(address, []byte(strings.Replace(test.document, test.from, test.to, 1)))
		found := slices.ContainsFunc(problems, func(problem string) bool { return strings.Contains(problem, test.want) })
		if test.want == "" && len(problems) > 0 || test.want != "" && !found {
			t.Errorf("with %q in place of %q: %q, want %q", test.to, test.from, problems, test.want)
		}
	}
}
