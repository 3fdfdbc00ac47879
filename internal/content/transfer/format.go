package transfer

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// frontMatter are the fields of a file in their order, by the names that the documents of revisions have, too. The title is there
// even if it is empty: a note has none, whatever its text begins with.
type frontMatter struct {
	Title        string   `yaml:"title"`
	Slug         string   `yaml:"slug"`
	OldSlugs     []string `yaml:"old_slugs,omitempty"`
	Author       string   `yaml:"author,omitempty"`
	Date         string   `yaml:"date,omitempty"`
	Draft        bool     `yaml:"draft,omitempty"`
	Unlisted     bool     `yaml:"unlisted,omitempty"`
	Tags         []string `yaml:"tags,omitempty,flow"`
	Excerpt      string   `yaml:"excerpt,omitempty"`
	Description  string   `yaml:"description,omitempty"`
	CanonicalURL string   `yaml:"canonical_url,omitempty"`
	Cover        string   `yaml:"cover,omitempty"`
	CoverAlt     string   `yaml:"cover_alt,omitempty"`
	Language     string   `yaml:"language,omitempty"`
	Link         string   `yaml:"link,omitempty"`
	Page         bool     `yaml:"page,omitempty"`
	Position     int      `yaml:"position,omitempty"`
	Pinned       bool     `yaml:"pinned,omitempty"`
}

func frontMatterOf(d post.Document) frontMatter {
	f := frontMatter{
		Title: d.Title, Slug: d.Slug, OldSlugs: d.OldSlugs, Author: d.Author, Draft: d.Draft, Unlisted: d.Unlisted, Tags: d.Tags,
		Excerpt: d.Excerpt, Description: d.Description, CanonicalURL: d.CanonicalURL, Cover: d.Cover, CoverAlt: d.CoverAlt,
		Language: d.Language, Link: d.Link, Page: d.Page, Position: d.Position, Pinned: d.Pinned,
	}
	if !d.Date.IsZero() {
		f.Date = d.Date.UTC().Format(time.RFC3339Nano)
	}
	return f
}

// Format returns a document as a file that Parse reads as the same document.
func Format(d post.Document) ([]byte, error) {
	head, err := yaml.Marshal(frontMatterOf(d))
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
