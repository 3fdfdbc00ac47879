package render_test

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// checkSafe parses a fragment as a browser does and fails on anything that can run, style, or load from another scheme.
func checkSafe(t *testing.T, fragment string) {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(fragment), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil { // elements are nested more deeply than the parser accepts, as HTML in Markdown may be
		checkTokens(t, fragment)
		return
	}
	for _, node := range nodes {
		checkNode(t, node)
	}
}

// checkTokens checks the tags of a fragment, however they are nested.
func checkTokens(t *testing.T, fragment string) {
	t.Helper()
	tokens := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			if err := tokens.Err(); !errors.Is(err, io.EOF) {
				t.Fatalf("read the result: %v", err)
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			checkElement(t, token.Data, token.Attr)
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("comment or doctype %q", tokens.Token().Data)
		}
	}
}

var elements = strings.Fields(`a abbr b bdi blockquote br caption cite code col colgroup dd del details dfn div dl dt em
	figcaption figure h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub
	summary sup table tbody td tfoot th thead time tr u ul var wbr`)

var classes = append(strings.Fields("div.table ul.tasks ol.tasks figure.wide figure.full figure.pair figure.row span.k span.s span.m span.f span.c img.top img.bottom img.left img.right"),
	"img.top left", "img.top right", "img.bottom left", "img.bottom right")

func checkNode(t *testing.T, node *html.Node) {
	t.Helper()
	switch node.Type {
	case html.ElementNode:
		checkElement(t, node.Data, node.Attr)
	case html.CommentNode, html.DoctypeNode:
		t.Errorf("comment or doctype %q", node.Data)
	}
	for child := range node.ChildNodes() {
		checkNode(t, child)
	}
}

func checkElement(t *testing.T, element string, attributes []html.Attribute) {
	t.Helper()
	if !slices.Contains(elements, element) {
		t.Errorf("element <%s>", element)
	}
	for _, a := range attributes {
		checkAttribute(t, element, a)
	}
}

func checkAttribute(t *testing.T, element string, a html.Attribute) {
	t.Helper()
	if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "class" && !slices.Contains(classes, element+"."+a.Val) {
		t.Errorf("attribute %s=%q on <%s>", a.Key, a.Val, element)
	}
	switch a.Key {
	case "href", "cite", "src":
		u, err := url.Parse(a.Val)
		if err != nil {
			t.Errorf("address %q on <%s>: %v", a.Val, element, err)
			return
		}
		allowed := []string{"", "http", "https", "mailto"}
		if a.Key == "src" {
			allowed = []string{"", "https"}
		}
		if !slices.Contains(allowed, u.Scheme) {
			t.Errorf("address %q on <%s>", a.Val, element)
		}
	case "srcset", "action", "formaction", "background", "poster", "xlink:href", "data":
		t.Errorf("attribute %s=%q on <%s>", a.Key, a.Val, element)
	}
}
