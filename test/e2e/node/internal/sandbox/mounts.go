package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// kept are the folders in which the programs of a node have fixed paths. Each is a folder of the state instead.
var kept = []string{"/run", "/var/lib", "/var/log"}

// tunables are parameters of the whole machine with the values that the kubelet requires. It reads these, and so sets
// none.
var tunables = map[string]string{
	"kernel/keys/root_maxbytes": "25000000",
	"kernel/keys/root_maxkeys":  "1000000",
	"kernel/panic":              "10",
	"kernel/panic_on_oops":      "1",
	"vm/overcommit_memory":      "1",
	"vm/panic_on_oom":           "0",
}

// PrepareMounts gives the mount namespace of the tree a /proc, /sys and cgroups of the other namespaces, and folders of
// the state in place of those that its programs would change.
func PrepareMounts(state string) error {
	// Before the files that list them are hidden.
	groups, err := hierarchies()
	if err != nil {
		return err
	}
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	for _, folder := range kept {
		inside := filepath.Join(state, "root", folder)
		if err := os.MkdirAll(inside, 0o755); err != nil {
			return fmt.Errorf("create a folder of the node: %w", err)
		}
		if err := mount(inside, folder, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return errors.Join(
		mount("tmpfs", "/dev/shm", "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, ""),
		mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""),
		mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""),
		protectParameters(state),
		mountGroups(groups),
	)
}

// protectParameters makes /proc/sys read-only, apart from the parameters of the network namespace.
func protectParameters(state string) error {
	network := filepath.Join(state, "net")
	if err := os.MkdirAll(network, 0o755); err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	if err := errors.Join(
		mount("/proc/sys/net", network, "", unix.MS_BIND, ""),
		mount("/proc/sys", "/proc/sys", "", unix.MS_BIND, ""),
		mount("", "/proc/sys", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""),
		mount(network, "/proc/sys/net", "", unix.MS_BIND, ""),
		unix.Unmount(network, 0),
	); err != nil {
		return fmt.Errorf("protect the parameters of the kernel: %w", err)
	}
	for name, value := range tunables {
		parameter := filepath.Join("/proc/sys", name)
		if _, err := os.Stat(parameter); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		file := filepath.Join(state, "root", strings.ReplaceAll(name, "/", "."))
		if err := os.WriteFile(file, []byte(value+"\n"), 0o644); err != nil {
			return fmt.Errorf("write a parameter: %w", err)
		}
		if err := mount(file, parameter, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// mountGroups mounts the hierarchies of cgroups again, with those of the tree as roots.
func mountGroups(groups []hierarchy) error {
	const folder = "/sys/fs/cgroup"
	if !slices.ContainsFunc(groups, func(h hierarchy) bool { return h.mountPoint == folder }) {
		if err := mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=755"); err != nil {
			return err
		}
	}
	for _, h := range groups {
		if err := os.MkdirAll(h.mountPoint, 0o755); err != nil {
			return fmt.Errorf("create the mount point of a cgroup: %w", err)
		}
		options := h.options
		if h.filesystem == "cgroup2" {
			options = ""
		}
		if err := mount("cgroup", h.mountPoint, h.filesystem, unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, options); err != nil {
			return err
		}
		if h.filesystem == "cgroup2" {
			if err := delegateControllers(h.mountPoint); err != nil {
				return err
			}
		}
	}
	return nil
}

// delegateControllers enables the controllers of cgroups version 2 for the groups below the root, which may then contain
// no process itself.
func delegateControllers(root string) error {
	available, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("read the controllers of cgroups: %w", err)
	}
	controllers := strings.Fields(string(available))
	if len(controllers) == 0 {
		return nil // version 1 has them
	}
	own := filepath.Join(root, "supervisor")
	if err := os.Mkdir(own, 0o755); err != nil {
		return fmt.Errorf("create a cgroup: %w", err)
	}
	for _, id := range []int{1, os.Getpid()} {
		if err := os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte(strconv.Itoa(id)), 0o644); err != nil {
			return fmt.Errorf("move a process to another cgroup: %w", err)
		}
	}
	enable := "+" + strings.Join(controllers, " +")
	if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte(enable), 0o644); err != nil {
		return fmt.Errorf("enable the controllers of cgroups: %w", err)
	}
	return nil
}

func mount(source, target, filesystem string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, filesystem, flags, options); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}
