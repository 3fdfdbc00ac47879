package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/hoststate"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/sandbox"
)

// Clean deletes what nodes have left whose program was killed, and returns their folders. Running nodes are left alone.
// It fails if the machine is not as it was before such a node, and then names each difference.
func Clean(ctx context.Context) ([]string, error) {
	if err := checkMachine(); err != nil {
		return nil, err
	}
	states, err := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("find the folders of nodes: %w", err)
	}
	var cleaned []string
	var failures []error
	for _, state := range states {
		removed, err := cleanOne(ctx, state)
		failures = append(failures, err)
		if removed {
			cleaned = append(cleaned, state)
		}
	}
	return cleaned, errors.Join(failures...)
}

// cleanOne reports whether it has removed the folder of a node.
func cleanOne(ctx context.Context, state string) (bool, error) {
	lock, err := os.OpenFile(lockFile(state), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, fmt.Errorf("lock the folder of a node: %w", err)
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil // it is running
	}
	if err != nil {
		return false, fmt.Errorf("lock the folder of a node: %w", err)
	}
	before, err := hoststate.Load(beforeFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return true, removeState(state) // nothing was started
	}
	if err != nil {
		return false, err
	}
	// The kernel has ended the processes with the program that started them, unless one of that program's threads is still
	// being killed.
	group := sandbox.Group(state)
	if err := errors.Join(sandbox.KillGroup(group), sandbox.RemoveGroups(ctx, group), removeState(state)); err != nil {
		return false, err
	}
	return true, compare(ctx, before, filepath.Base(state))
}

// removeState deletes the folder of a node.
func removeState(state string) error {
	if err := os.RemoveAll(state); err != nil {
		return fmt.Errorf("delete the folder of the node: %w", err)
	}
	return nil
}

// compare fails if the machine is not as it was.
func compare(ctx context.Context, before hoststate.State, name string) error {
	after, err := hoststate.Take(ctx, name)
	if err != nil {
		return err
	}
	if differences := hoststate.Differences(before, after); len(differences) > 0 {
		return fmt.Errorf("the machine is not as it was before the node:\n  %s", strings.Join(differences, "\n  "))
	}
	return nil
}
