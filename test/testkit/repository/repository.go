// Package repository finds the checkout that the tests run in.
package repository

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Root returns the folder of the repository. The working directory must be inside it. A go.mod does not mark the root,
// because nested modules have one too.
func Root() (string, error) {
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for folder := working; ; folder = filepath.Dir(folder) {
		_, err := os.Stat(filepath.Join(folder, "hack", "kube", "build.sh"))
		if err == nil {
			return folder, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("find the repository: %w", err)
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("find the repository: %s is not inside it", working)
		}
	}
}
