package transfer

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// Format returns a document as a file that Parse reads as the same document.
func Format(d post.Document) ([]byte, error) {
	fields := struct {
		Title  string `yaml:"title"`
		Slug   string `yaml:"slug"`
		Author string `yaml:"author,omitempty"`
		Date   string `yaml:"date,omitempty"`
		Draft  bool   `yaml:"draft,omitempty"`
	}{Title: d.Title, Slug: d.Slug, Author: d.Author, Draft: d.Draft}
	if !d.Date.IsZero() {
		fields.Date = d.Date.UTC().Format(time.RFC3339Nano)
	}
	head, err := yaml.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("write front matter of %s: %w", d.Slug, err)
	}
	file := make([]byte, 0, len(head)+len(d.Content)+len(d.Title)+32)
	file = append(append(append(file, "---\n"...), head...), "---\n"...)
	// Parse removes a heading that repeats the title, so a heading of the content is written twice.
	if heading, _ := cutHeading(d.Content); heading != "" && heading == d.Title {
		first, _, _ := strings.Cut(strings.TrimLeft(d.Content, "\n"), "\n")
		file = append(append(file, first...), '\n')
	}
	file = append(file, '\n')
	return append(append(file, d.Content...), '\n'), nil
}
