package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/echoblogs/echoblogs/test/testkit/docpage"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

// The pages whose commands tests run.
const (
	backupPage    = "backup.md"
	installPage   = "install.md"
	operationPage = "operations.md"
	sizingPage    = "sizing.md"
)

// rehearsed are the blocks of the pages that tests have taken: by page and heading, the indexes.
var rehearsed struct {
	sync.Mutex
	taken map[string][]int
}

// takeBlock returns the block with an index below a heading of a page, and records that a test uses it.
func takeBlock(page, heading string, index int) (docpage.Block, error) {
	rehearsed.Lock()
	defer rehearsed.Unlock()
	if rehearsed.taken == nil {
		rehearsed.taken = map[string][]int{}
	}
	key := page + "#" + heading
	rehearsed.taken[key] = append(rehearsed.taken[key], index)
	return docpage.Find(page, heading, index)
}

// unrehearsed returns the blocks of shell commands that no test has taken and that do not say so.
func unrehearsed() (missed []string) {
	elsewhere, err := otherTests()
	if err != nil {
		return []string{err.Error()}
	}
	pages, err := docpage.Pages()
	if err != nil {
		return []string{err.Error()}
	}
	for _, page := range pages {
		blocks, err := docpage.Read(page)
		if err != nil {
			return []string{err.Error()}
		}
		for heading, all := range blocks {
			for index, block := range all {
				taken := slices.Contains(rehearsed.taken[page+"#"+heading], index) ||
					strings.Contains(elsewhere, fmt.Sprintf("t, %q, %q, %d)", page, heading, index))
				if !taken && block.Language != "" && !strings.Contains(block.Content, docpage.NotRun) {
					missed = append(missed, fmt.Sprintf("docs/%s, %q, block %d", page, heading, index))
				}
			}
		}
	}
	slices.Sort(missed)
	return missed
}

// otherTests returns the source of the tests that run blocks with programs that this one does not have.
func otherTests() (source string, err error) {
	root, err := repository.Root()
	if err != nil {
		return "", err
	}
	for _, folder := range []string{"e2e", "plugin"} {
		files, err := filepath.Glob(filepath.Join(root, "test", folder, "*_test.go"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			source += string(content)
		}
	}
	return source, nil
}
