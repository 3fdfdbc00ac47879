package backup_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// block is a block of code on the page.
type block struct {
	language, content string
}

// The pages with commands that tests run: all of the first one, and some of the other.
const (
	backupPage    = "backup.md"
	operationPage = "operations.md"
)

// readPage returns the blocks of a page of the docs by the headings that they follow.
func readPage(page string) (map[string][]block, error) {
	root, err := repository.Root()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(root, "docs", page))
	if err != nil {
		return nil, err
	}
	blocks := map[string][]block{}
	heading, inside := "", false
	for line := range strings.Lines(string(content)) {
		text := strings.TrimSuffix(line, "\n")
		last := len(blocks[heading]) - 1
		switch {
		case inside && text == "```":
			inside = false
		case inside:
			blocks[heading][last].content += line
		case strings.HasPrefix(text, "```"):
			inside = true
			blocks[heading] = append(blocks[heading], block{language: text[len("```"):]})
		case strings.HasPrefix(text, "#"):
			heading = strings.TrimLeft(text, "# ")
			if _, found := blocks[heading]; found {
				return nil, fmt.Errorf("the page has the heading %q twice", heading)
			}
			blocks[heading] = nil
		}
	}
	return blocks, nil
}

// rehearsed are the blocks of the page on backups that tests have taken: how many of each heading.
var rehearsed struct {
	sync.Mutex
	taken map[string]int
}

// takeBlock returns the block with an index below a heading of a page, and records that a test uses it.
func takeBlock(page, heading string, index int) (block, error) {
	blocks, err := readPage(page)
	if err != nil {
		return block{}, err
	}
	if index >= len(blocks[heading]) {
		return block{}, fmt.Errorf("the section %q of docs/%s has %d blocks", heading, page, len(blocks[heading]))
	}
	if page != backupPage {
		return blocks[heading][index], nil
	}
	rehearsed.Lock()
	defer rehearsed.Unlock()
	if rehearsed.taken == nil {
		rehearsed.taken = map[string]int{}
	}
	rehearsed.taken[heading] = max(rehearsed.taken[heading], index+1)
	return blocks[heading][index], nil
}

// unrehearsed returns the headings with blocks that no test has taken.
func unrehearsed() (headings []string) {
	blocks, err := readPage(backupPage)
	if err != nil {
		return []string{err.Error()}
	}
	for heading, all := range blocks {
		if rehearsed.taken[heading] < len(all) {
			headings = append(headings, heading)
		}
	}
	slices.Sort(headings)
	return headings
}
