package feedtest

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// The namespaces of elements.
const (
	atomSpace    = "http://www.w3.org/2005/Atom"
	dublinSpace  = "http://purl.org/dc/elements/1.1/"
	contentSpace = "http://purl.org/rss/1.0/modules/content/"
	xmlSpace     = "http://www.w3.org/XML/1998/namespace"
)

// element is an element of XML.
type element struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Children   []element  `xml:",any"`
	Text       string     `xml:",chardata"`
}

// all returns the children with a name.
func (e element) all(space, local string) (found []element) {
	for _, child := range e.Children {
		if child.XMLName == (xml.Name{Space: space, Local: local}) {
			found = append(found, child)
		}
	}
	return found
}

// attribute returns the value of an attribute.
func (e element) attribute(space, local string) string {
	for _, a := range e.Attributes {
		if a.Name.Local == local && a.Name.Space == space {
			return a.Value
		}
	}
	return ""
}

// one returns the text of a child, of which there has to be exactly one.
func (c *checker) one(e element, space, local string) string {
	found := e.all(space, local)
	if len(found) != 1 {
		c.fail("<%s> has %d elements <%s>, want one", e.XMLName.Local, len(found), local)
		return ""
	}
	return found[0].Text
}

// known checks that all children are among those with the given names.
func (c *checker) known(e element, names map[string]string) {
	for _, child := range e.Children {
		if space, ok := names[child.XMLName.Local]; !ok || space != child.XMLName.Space {
			c.fail("<%s> has the unknown element <%s> of %q", e.XMLName.Local, child.XMLName.Local, child.XMLName.Space)
		}
	}
}

func (c *checker) atom(address string, feed element) {
	c.known(feed, map[string]string{
		"id": atomSpace, "title": atomSpace, "subtitle": atomSpace, "updated": atomSpace, "author": atomSpace, "link": atomSpace, "entry": atomSpace,
	})
	c.atomCommon(feed)
	c.atomLinks(feed, address)
	c.atomAuthor(feed, true)
	updated := c.date("updated", time.RFC3339, c.one(feed, atomSpace, "updated"))
	for _, entry := range feed.all(atomSpace, "entry") {
		c.known(entry, map[string]string{
			"id": atomSpace, "title": atomSpace, "link": atomSpace, "published": atomSpace, "updated": atomSpace, "author": atomSpace, "category": atomSpace,
			"summary": atomSpace, "content": atomSpace,
		})
		c.atomCommon(entry)
		c.atomLinks(entry, "")
		c.atomAuthor(entry, false)
		published := c.date("published", time.RFC3339, c.one(entry, atomSpace, "published"))
		changed := c.date("updated", time.RFC3339, c.one(entry, atomSpace, "updated"))
		if changed.Before(published) || changed.After(updated) {
			c.fail("an entry published at %s was updated at %s, in a feed of %s", published, changed, updated)
		}
		for _, category := range entry.all(atomSpace, "category") {
			c.text("the term of a category", category.attribute("", "term"))
		}
		contents := entry.all(atomSpace, "content")
		if len(contents) > 1 || len(contents) == 0 && len(entry.all(atomSpace, "summary")) == 0 {
			c.fail("an entry has %d contents, and no summary", len(contents))
		}
		for _, content := range contents {
			if kind := content.attribute("", "type"); kind != "html" {
				c.fail("the type of a content is %q", kind)
			}
			c.content("content", content.Text)
		}
	}
}

// atomCommon checks what a feed and an entry have.
func (c *checker) atomCommon(e element) {
	c.id("id", c.one(e, atomSpace, "id"))
	c.text("title", c.one(e, atomSpace, "title"))
	c.language("xml:lang", e.attribute(xmlSpace, "lang"))
	c.absolute("xml:base", e.attribute(xmlSpace, "base"))
}

// atomLinks checks the links of a feed or an entry: each relation is there once, and that to itself is its address, if it has one.
func (c *checker) atomLinks(e element, self string) {
	seen := map[string]string{}
	for _, link := range e.all(atomSpace, "link") {
		rel, href := link.attribute("", "rel"), link.attribute("", "href")
		c.absolute("the link "+rel, href)
		if seen[rel] != "" {
			c.fail("there are two links %s", rel)
		}
		seen[rel] = href
	}
	if seen["self"] != self || seen["alternate"] == "" {
		c.fail("the links are %v, want self %q and alternate", seen, self)
	}
}

// atomAuthor checks the authors, who have a name. A feed has to have one, so that entries need none.
func (c *checker) atomAuthor(e element, required bool) {
	authors := e.all(atomSpace, "author")
	if required && len(authors) == 0 {
		c.fail("there is no author")
	}
	for _, author := range authors {
		c.name("author", c.one(author, atomSpace, "name"))
	}
}

func (c *checker) rss(address string, root element) {
	if version := root.attribute("", "version"); version != "2.0" {
		c.fail("the version is %q", version)
	}
	channels := root.all("", "channel")
	if len(channels) != 1 {
		c.fail("there are %d channels", len(channels))
		return
	}
	channel := channels[0]
	for _, child := range channel.Children {
		if child.XMLName == (xml.Name{Space: atomSpace, Local: "link"}) {
			if rel, href := child.attribute("", "rel"), child.attribute("", "href"); rel != "self" || href != address {
				c.fail("atom:link %s is %q", rel, href)
			}
		}
	}
	if len(channel.all(atomSpace, "link")) != 1 {
		c.fail("there is no atom:link to the feed itself")
	}
	c.text("title", c.one(channel, "", "title"))
	c.text("description", c.one(channel, "", "description"))
	c.absolute("link", c.one(channel, "", "link"))
	c.date("lastBuildDate", time.RFC1123Z, c.one(channel, "", "lastBuildDate"))
	for _, language := range channel.all("", "language") {
		c.text("language", language.Text)
		c.language("language", language.Text)
	}
	for _, item := range channel.all("", "item") {
		c.known(item, map[string]string{
			"title": "", "link": "", "guid": "", "pubDate": "", "category": "", "description": "", "creator": dublinSpace, "encoded": contentSpace,
		})
		c.text("title", c.one(item, "", "title"))
		c.absolute("link", c.one(item, "", "link"))
		c.id("guid", c.one(item, "", "guid"))
		if guid := item.all("", "guid"); len(guid) == 1 {
			permanent, err := strconv.ParseBool(guid[0].attribute("", "isPermaLink"))
			if err != nil || permanent && !strings.HasPrefix(guid[0].Text, "http") {
				c.fail("isPermaLink of %q: %t, %v", guid[0].Text, permanent, err)
			}
		}
		c.date("pubDate", time.RFC1123Z, c.one(item, "", "pubDate"))
		c.name("dc:creator", c.one(item, dublinSpace, "creator"))
		c.content("description", c.one(item, "", "description"))
		for _, content := range item.all(contentSpace, "encoded") {
			c.content("content:encoded", content.Text)
		}
		for _, category := range item.all("", "category") {
			c.text("category", category.Text)
		}
	}
}
