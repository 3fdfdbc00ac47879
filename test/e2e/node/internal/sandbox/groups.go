package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// hierarchy is a mounted hierarchy of cgroups: one of version 1 for each controller, or the one of version 2.
type hierarchy struct {
	mountPoint string
	filesystem string // cgroup or cgroup2
	options    string // the controllers of version 1
}

// hierarchies returns what is mounted.
func hierarchies() ([]hierarchy, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read the mounts: %w", err)
	}
	defer file.Close()
	var found []hierarchy
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// 36 35 98:0 /root /mount/point options - filesystem source superblock-options
		mount, filesystem, _ := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(mount), strings.Fields(filesystem)
		if len(left) < 5 || len(right) < 3 || !strings.HasPrefix(right[0], "cgroup") {
			continue
		}
		found = append(found, hierarchy{mountPoint: left[4], filesystem: right[0], options: controllers(right[2])})
	}
	return found, nil
}

// controllers removes from the options of a version 1 hierarchy those that do not identify it.
func controllers(options string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(options, ","), func(option string) bool {
		return slices.Contains([]string{"rw", "ro", "clone_children", "xattr", "nsdelegate", "memory_recursiveprot"}, option) ||
			strings.HasPrefix(option, "release_agent=")
	}), ",")
}

// createGroups creates a cgroup in each hierarchy.
func createGroups(name string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		folder := filepath.Join(h.mountPoint, name)
		if err := os.Mkdir(folder, 0o755); err != nil {
			return fmt.Errorf("create a cgroup: %w", err)
		}
		// A cpuset is empty at first, and an empty one accepts no process.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			if h.filesystem != "cgroup" {
				continue
			}
			value, err := os.ReadFile(filepath.Join(h.mountPoint, file))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("read a cpuset: %w", err)
			}
			if err := os.WriteFile(filepath.Join(folder, file), value, 0o644); err != nil {
				return fmt.Errorf("set a cpuset: %w", err)
			}
		}
	}
	return nil
}

// joinGroups moves this process into the cgroups.
func joinGroups(name string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		// 0 stands for the writer, whose ID in this namespace may not be that of the hierarchy's.
		if err := os.WriteFile(filepath.Join(h.mountPoint, name, "cgroup.procs"), []byte("0"), 0o644); err != nil {
			return fmt.Errorf("join a cgroup: %w", err)
		}
	}
	return nil
}

// RemoveGroups removes the cgroups of a tree that has ended. It waits for processes that are about to end.
func RemoveGroups(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := removeGroup(ctx, filepath.Join(h.mountPoint, name)); err != nil {
			return fmt.Errorf("remove a cgroup: %w", err)
		}
	}
	return nil
}

// removeGroup removes a cgroup and those below it.
func removeGroup(ctx context.Context, folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeGroup(ctx, filepath.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := syscall.Rmdir(folder)
		if err == nil || errors.Is(err, syscall.ENOENT) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", folder, err)
		case <-retry.C:
		}
	}
}

// KillGroup kills the processes that are in the cgroups of a tree.
func KillGroup(name string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		err := filepath.WalkDir(filepath.Join(h.mountPoint, name), func(path string, _ fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || filepath.Base(path) != "cgroup.procs" {
				return err
			}
			return killAll(path)
		})
		if err != nil {
			return fmt.Errorf("kill the processes of the node: %w", err)
		}
	}
	return nil
}

// killAll kills the processes that a file lists.
func killAll(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	for line := range strings.FieldsSeq(string(content)) {
		id, err := strconv.Atoi(line)
		if err != nil {
			return err
		}
		if err := syscall.Kill(id, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}
