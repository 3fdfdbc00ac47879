package web

import (
	"bytes"
	"html/template"
	"time"
)

// HTMLWriter is HTML under construction. Its methods append to it and return it, as append does.
//
// Pages for readers are the hot path, so they are written this way rather than with html/template (BenchmarkIndexPage
// compares the two). It is as safe: text is added only by Text, which escapes it, because the type that HTML takes is
// unexported, so that only constants convert to it.
type HTMLWriter []byte

// constant is HTML from the source code.
type constant string

// HTML appends markup.
func (b HTMLWriter) HTML(s constant) HTMLWriter { return append(b, s...) }

// Text appends text, escaped for use between tags and in quoted attributes.
func (b HTMLWriter) Text(s string) HTMLWriter {
	written := 0
	for i := range len(s) {
		var escaped constant
		switch s[i] {
		case '<':
			escaped = "&lt;"
		case '>':
			escaped = "&gt;"
		case '&':
			escaped = "&amp;"
		case '"':
			escaped = "&#34;"
		case '\'':
			escaped = "&#39;"
		case 0:
			escaped = "\uFFFD" // U+0000 is not allowed in HTML
		default:
			continue
		}
		b = append(append(b, s[written:i]...), escaped...)
		written = i + 1
	}
	return append(b, s[written:]...)
}

// Sanitized appends HTML unchanged. It must be the output of a sanitizer.
func (b HTMLWriter) Sanitized(html string) HTMLWriter { return append(b, html...) }

// Template appends the output of a template, which escapes by itself. If it returns an error, because the template does
// not fit the data, the output is incomplete and must be discarded.
func (b HTMLWriter) Template(t *template.Template, name string, data any) (HTMLWriter, error) {
	buffer := bytes.NewBuffer(b)
	err := t.ExecuteTemplate(buffer, name, data)
	return buffer.Bytes(), err
}

// Day appends the date that a time has in a zone, readable for people and machines.
func (b HTMLWriter) Day(t time.Time, zone *time.Location) HTMLWriter {
	return b.Time(t.In(zone), "2 January 2006")
}

// Time appends a time in a layout of package time, readable for people and machines.
func (b HTMLWriter) Time(t time.Time, layout string) HTMLWriter {
	b = t.AppendFormat(b.HTML(`<time datetime="`), time.RFC3339)
	b = t.AppendFormat(b.HTML(`">`), layout)
	return b.HTML(`</time>`)
}
