package transport_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/internal/mail/transport"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	folder := transport.Folder{Path: t.TempDir() + "/mail", From: "Blogs <" + sender + ">"}
	for range 2 {
		if err := folder.Send(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	files, err := readFolder(folder.Path)
	if err != nil || len(files) != 2 || files[0] != files[1] {
		t.Fatalf("%d files, %v: %q", len(files), err, files)
	}
	for _, line := range []string{"Subject: Choose a new password\r\n", "To: <alice@people.example>\r\n", "Message-ID: <17.4711@blogs.example>\r\n", "Auto-Submitted: auto-generated\r\n"} {
		if !strings.Contains(files[0], line) {
			t.Errorf("the email lacks %q:\n%s", line, files[0])
		}
	}
}

// readFolder returns the contents of the files with emails.
func readFolder(path string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(path, "*.eml"))
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, string(content))
	}
	return files, nil
}
