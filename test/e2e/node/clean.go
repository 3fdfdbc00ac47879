package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/echoblogs/echoblogs/test/e2e/node/internal/hoststate"
	"github.com/echoblogs/echoblogs/test/e2e/node/internal/sandbox"
)

// Clean deletes what nodes, and programs with an own folder, have left that were killed, and returns their folders. Running
// ones are left alone. It fails if the machine is not as it was before such a node, and then names each difference.
func Clean(ctx context.Context) ([]string, error) {
	if err := checkMachine(); err != nil {
		return nil, err
	}
	cleaned, _, failure := cleanNodes(ctx, os.TempDir())
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	failure = errors.Join(failure, err)
	for _, folder := range folders {
		more, err := cleanFolder(ctx, folder)
		cleaned = append(cleaned, more...)
		failure = errors.Join(failure, err)
	}
	return cleaned, failure
}

// cleanFolder deletes the folder of a program that was killed, and returns it and the folders of its nodes.
func cleanFolder(ctx context.Context, folder string) ([]string, error) {
	lock, err := lockFolder(folder)
	if lock == nil {
		return nil, err
	}
	defer lock.Close()
	// The tests of the command start nodes one level below.
	parents, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return nil, fmt.Errorf("find the folders of nodes: %w", err)
	}
	var cleaned []string
	var failure error
	for _, parent := range append(parents, folder) {
		more, running, err := cleanNodes(ctx, parent)
		cleaned = append(cleaned, more...)
		if running {
			return cleaned, errors.Join(failure, err)
		}
		failure = errors.Join(failure, err)
	}
	return append(cleaned, folder), errors.Join(failure, removeFolder(folder))
}

// cleanNodes deletes the folders of nodes that are in a folder, and returns them. It reports whether other nodes are running.
func cleanNodes(ctx context.Context, folder string) (cleaned []string, running bool, failure error) {
	states, err := filepath.Glob(filepath.Join(folder, prefix+"*"))
	if err != nil {
		return nil, false, fmt.Errorf("find the folders of nodes: %w", err)
	}
	for _, state := range states {
		removed, err := cleanOne(ctx, state)
		failure = errors.Join(failure, err)
		if removed {
			cleaned = append(cleaned, state)
		}
		running = running || !removed
	}
	return cleaned, running, failure
}

// cleanOne reports whether it has removed the folder of a node.
func cleanOne(ctx context.Context, state string) (bool, error) {
	lock, err := lockFolder(state)
	if lock == nil {
		return false, err // it is running, if there is no error
	}
	defer lock.Close()
	before, err := hoststate.Load(beforeFile(state))
	if errors.Is(err, fs.ErrNotExist) {
		return true, removeFolder(state) // nothing was started
	}
	if err != nil {
		return false, err
	}
	// The kernel has ended the processes with the program that started them, unless one of that program's threads is still
	// being killed.
	group := sandbox.Group(state)
	if err := errors.Join(sandbox.KillGroup(group), sandbox.RemoveGroups(ctx, group), removeFolder(state)); err != nil {
		return false, err
	}
	return true, compare(ctx, before, filepath.Base(state))
}

// removeFolder deletes the folder of a node, or of a program that starts nodes.
func removeFolder(folder string) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("delete a folder: %w", err)
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
