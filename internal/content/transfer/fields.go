package transfer

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// fields are the fields of front matter, by key. err is the first error of a field, a *post.InvalidError.
type fields struct {
	nodes map[string]yaml.Node
	err   error
}

// yamlLine is the number of a line in an error of the YAML parser.
var yamlLine = regexp.MustCompile(`line (\d+)`)

// readFields reads the fields of front matter.
func readFields(head string) (fields, error) {
	var read fields
	err := yaml.NewDecoder(strings.NewReader(head)).Decode(&read.nodes)
	var kind *yaml.TypeError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return read, nil
	case errors.As(err, &kind):
		return read, invalid("The front matter must be lines such as \"title: My title\", each with another key.")
	}
	place := "The front matter"
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		if number, err := strconv.Atoi(found[1]); err == nil {
			place = "Line " + strconv.Itoa(number+1) + " of the front matter" // the first line is that of hyphens
		}
	}
	return read, invalid("%s cannot be read. Put values with special characters in quotation marks, such as title: \"News: more\".", place)
}

// text returns a field as text. A list, such as that of several authors, is joined by commas; of a map, the value of "name"
// counts. Without a value, the text is empty.
func (f *fields) text(key string) string {
	node := f.nodes[key]
	value, ok := textOf(&node)
	if !ok {
		f.fail("The field %q of the front matter must be text.", key)
	}
	return strings.TrimSpace(value)
}

func textOf(node *yaml.Node) (value string, ok bool) {
	switch {
	case node.IsZero(), node.ShortTag() == "!!null":
		return "", true
	case node.Kind == yaml.ScalarNode:
		return node.Value, true
	case node.Kind == yaml.SequenceNode:
		var values []string
		for _, item := range node.Content {
			value, ok := textOf(item)
			if !ok || item.Kind == yaml.SequenceNode {
				return "", false
			}
			values = append(values, strings.TrimSpace(value))
		}
		return strings.Join(values, ", "), true
	case node.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == "name" && node.Content[i+1].Kind == yaml.ScalarNode {
				return node.Content[i+1].Value, true
			}
		}
	}
	return "", false
}

// isEmptyText reports whether a field is "", as opposed to nothing.
func (f *fields) isEmptyText(key string) bool {
	node := f.nodes[key]
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str" && strings.TrimSpace(node.Value) == ""
}

// list returns a field that is a list of texts, or a text with commas between them, without those that are empty.
func (f *fields) list(key string) (list []string) {
	node := f.nodes[key]
	values := strings.Split(f.text(key), ",")
	if node.Kind == yaml.SequenceNode {
		values = nil
		for _, item := range node.Content {
			value, _ := textOf(item)
			values = append(values, value)
		}
	}
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			list = append(list, value)
		}
	}
	return list
}

// number returns a field that is a number, or 0 without a value.
func (f *fields) number(key string) int {
	value := f.text(key)
	if value == "" {
		return 0
	}
	number, err := strconv.Atoi(value)
	if err != nil {
		f.fail("The field %q of the front matter must be a number, not %.100q.", key, value)
	}
	return number
}

// isTrue returns a field that is true or false, in any of the spellings of YAML 1.1, or a default without a value.
func (f *fields) isTrue(key string, byDefault bool) bool {
	switch value := f.text(key); strings.ToLower(value) {
	case "":
		return byDefault
	case "true", "yes", "on", "y", "1":
		return true
	case "false", "no", "off", "n", "0":
		return false
	default:
		f.fail("The field %q of the front matter must be true or false, not %.100q.", key, value)
		return byDefault
	}
}

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = invalid(format, args...)
	}
}

// dateLayouts are the accepted formats of a date, those of common blogs. Those without a time zone are in UTC. Fractions of a
// second are accepted after any seconds. Abbreviations of time zones are not: EST is one in America and another in Australia.
var dateLayouts = []string{
	time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -0700 MST",
	"2006-01-02 15:04:05 UTC", "2006-01-02 15:04:05",
	"2006-01-02 15:04Z07:00", "2006-01-02 15:04 Z07:00", "2006-01-02 15:04 -0700", "2006-01-02 15:04",
	time.DateOnly, "2006/01/02", "2006/01/02 15:04:05", "2006/01/02 15:04", "January 2, 2006", "2 January 2006",
	time.RFC1123Z, "Mon, 02 Jan 2006 15:04:05 GMT",
}

func parseDate(s string) (time.Time, error) {
	for _, layout := range dateLayouts {
		if date, err := time.Parse(layout, s); err == nil && date.Year() > 0 {
			return date.UTC(), nil
		}
	}
	return time.Time{}, invalid("The date %.100q cannot be read. Write it as 2026-11-23 or 2026-11-23T09:30:00Z.", s)
}
