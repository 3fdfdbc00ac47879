package application_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blogWords are names of the blog that application-independent code must not contain: its tables, role, header and pages,
// and its packages.
var blogWords = regexp.MustCompile(`(?i)\b(blogs?|posts?|first_posts|blog_sessions|login_codes|echoblogs_blog|echoblogs-tenant|slug|feed|feed\.xml|robots\.txt|write/|internal/content)\b`)

// Code that creates, migrates, routes and probes tenants only uses the application as a value.
func TestOperatorIsIndependentOfTheApplication(t *testing.T) {
	t.Parallel()
	files := 0
	for _, root := range []string{"../../controllers", "../tenancy", "../routing"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files++
			for i, line := range strings.Split(string(content), "\n") {
				if word := blogWords.FindString(line); word != "" {
					t.Errorf("%s:%d contains %q: %s", path, i+1, word, strings.TrimSpace(line))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 40 {
		t.Errorf("only %d files were searched", files)
	}
}
