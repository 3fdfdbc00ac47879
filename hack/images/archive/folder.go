package archive

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFolder writes the files of the image into a folder, with the modes and times that they have in an archive. The
// folder must not exist.
func (i Image) WriteFolder(folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return fmt.Errorf("create the folder of an image: %w", err)
	}
	for file := range merge(i.Programs, i.Files) {
		content, mode, err := i.read(file)
		if err != nil {
			return err
		}
		target := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("create the folder of %s: %w", file, err)
		}
		if err := os.WriteFile(target, content, mode); err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
	}
	return normalize(folder)
}

// read returns the content of a file of the image, and its permissions.
func (i Image) read(file string) ([]byte, fs.FileMode, error) {
	program, ok := i.Programs[file]
	if !ok {
		return i.Files[file], 0o644, nil
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, 0, fmt.Errorf("read a program: %w", err)
	}
	return content, 0o755, nil
}

// normalize sets the permissions that the umask of this process may have reduced, and the times.
func normalize(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if entry.IsDir() || info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		if err := os.Chmod(path, mode); err != nil {
			return err
		}
		return os.Chtimes(path, created, created)
	})
}
