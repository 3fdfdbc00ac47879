// Package docpage reads the commands on the pages of the docs, so that tests run them as they are written.
package docpage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// NotRun is the comment in a block that no test runs.
const NotRun = "# No test runs this."

// Block is a block of code on a page.
type Block struct {
	// Language is what follows the fence, such as sh.
	Language string
	// Content ends with a newline, and is without the indentation of the fence.
	Content string
}

// Read returns the blocks of a page by the headings that they follow. The page is a path in the folder docs.
func Read(page string) (map[string][]Block, error) {
	root, err := repository.Root()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	blocks := map[string][]Block{}
	heading, indentation, inside := "", "", false
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSpace(line)
		last := len(blocks[heading]) - 1
		switch {
		case inside && text == "```":
			inside = false
		case inside:
			blocks[heading][last].Content += strings.TrimPrefix(line, indentation)
		case strings.HasPrefix(text, "```"):
			inside = true
			indentation, _, _ = strings.Cut(line, "`")
			blocks[heading] = append(blocks[heading], Block{Language: text[len("```"):]})
		case strings.HasPrefix(line, "#"):
			heading = strings.TrimLeft(text, "# ")
			if _, found := blocks[heading]; found {
				return nil, fmt.Errorf("the page %s has the heading %q twice", page, heading)
			}
			blocks[heading] = nil
		}
	}
	return blocks, nil
}

// Pages returns the pages of the docs, as Read takes them.
func Pages() (pages []string, err error) {
	root, err := repository.Root()
	if err != nil {
		return nil, err
	}
	docs := os.DirFS(filepath.Join(root, "docs"))
	err = fs.WalkDir(docs, ".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the pages: %w", err)
	}
	return pages, nil
}

// Find returns the block with an index below a heading of a page.
func Find(page, heading string, index int) (Block, error) {
	blocks, err := Read(page)
	if err != nil {
		return Block{}, err
	}
	if index >= len(blocks[heading]) {
		return Block{}, fmt.Errorf("the section %q of docs/%s has %d blocks", heading, page, len(blocks[heading]))
	}
	return blocks[heading][index], nil
}

// Commands returns the content of the block with an index below a heading of a page.
func Commands(t testing.TB, page, heading string, index int) string {
	t.Helper()
	block, err := Find(page, heading, index)
	if err != nil {
		t.Fatal(err)
	}
	return block.Content
}
