package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// folderPrefix is that of the names of the folders of OwnFolder.
const folderPrefix = "echoblogs-e2e-"

// Folder is a folder for all temporary files of a program that starts nodes.
type Folder struct {
	path string
	lock *os.File // held while the program runs, so that Clean leaves the folder alone
}

// OwnFolder creates a folder for all temporary files of this program, those of its nodes and those of the programs that it
// starts. If this program is killed, Clean deletes the folder.
func OwnFolder() (*Folder, error) {
	path, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return nil, fmt.Errorf("create the folder for temporary files: %w", err)
	}
	lock, err := lockFolder(path)
	if err == nil && lock == nil {
		err = errors.New("another program has locked it")
	}
	// The database servers do not run as root.
	if err := errors.Join(err, os.Chmod(path, 0o755), os.Setenv("TMPDIR", path)); err != nil {
		return nil, fmt.Errorf("prepare the folder for temporary files: %w", err)
	}
	return &Folder{path: path, lock: lock}, nil
}

// Remove deletes the folder. A program that has been interrupted may still be writing to it, so it tries until ctx ends.
func (f *Folder) Remove(ctx context.Context) error {
	defer f.lock.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := removeFolder(f.path)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

// lockFolder locks a folder. It returns nil if another program has locked it.
func lockFolder(folder string) (*os.File, error) {
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock a folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil
		}
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}
