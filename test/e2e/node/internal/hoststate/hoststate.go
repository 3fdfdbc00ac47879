// Package hoststate records what of this machine a node could change, and compares two records.
package hoststate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// State is a record: by kind, such as "link" or "sysctl", the values by name.
type State map[string]map[string]string

// Take records the state of this machine. The processes are those whose cgroup or arguments contain the name of the
// node: others come and go.
func Take(ctx context.Context, nodeName string) (State, error) {
	state := make(State)
	for kind, take := range map[string]func() (map[string]string, error){
		"mount":             mounts,
		"network namespace": func() (map[string]string, error) { return entries("/run/netns", "/var/run/netns") },
		"link":              func() (map[string]string, error) { return lines(ctx, "ip", "-oneline", "link", "show") },
		"address":           func() (map[string]string, error) { return lines(ctx, "ip", "-oneline", "address", "show") },
		"route":             func() (map[string]string, error) { return lines(ctx, "ip", "route", "show", "table", "all") },
		"IPv6 route":        func() (map[string]string, error) { return lines(ctx, "ip", "-6", "route", "show", "table", "all") },
		"routing rule":      func() (map[string]string, error) { return lines(ctx, "ip", "rule", "show") },
		"iptables rule":     func() (map[string]string, error) { return lines(ctx, "iptables-save") },
		"ip6tables rule":    func() (map[string]string, error) { return lines(ctx, "ip6tables-save") },
		"IP set":            func() (map[string]string, error) { return lines(ctx, "ipset", "save") },
		"kernel parameter":  parameters,
		"cgroup":            func() (map[string]string, error) { return groups(nodeName) },
		"process":           func() (map[string]string, error) { return processes(nodeName) },
		"folder or file":    func() (map[string]string, error) { return entries(folders...) },
	} {
		values, err := take()
		if err != nil {
			return nil, fmt.Errorf("record each %s: %w", kind, err)
		}
		state[kind] = values
	}
	return state, nil
}

// Differences returns a sentence for each value that differs, in order.
func Differences(before, after State) []string {
	var found []string
	for _, kind := range slices.Sorted(maps.Keys(after)) {
		old, current := before[kind], after[kind]
		for _, name := range slices.Sorted(maps.Keys(current)) {
			previous, ok := old[name]
			switch {
			case !ok && !ofLink(name):
				found = append(found, fmt.Sprintf("%s %s: new", kind, name))
			case !ok:
			case previous != current[name]:
				found = append(found, fmt.Sprintf("%s %s: was %q, is %q", kind, name, previous, current[name]))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(old)) {
			if _, ok := current[name]; !ok && !ofLink(name) {
				found = append(found, fmt.Sprintf("%s %s: missing", kind, name))
			}
		}
	}
	return found
}

// ofLink reports whether a name is that of a parameter of a network link. It exists as long as the link, which is a
// difference itself.
func ofLink(name string) bool {
	return strings.HasPrefix(name, "net/") && (strings.Contains(name, "/conf/") || strings.Contains(name, "/neigh/"))
}

// Save writes the state to a file.
func (s State) Save(file string) error {
	content, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode the state of the machine: %w", err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return fmt.Errorf("write the state of the machine: %w", err)
	}
	return nil
}

// Load reads a file that Save wrote.
func Load(file string) (State, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the state of the machine: %w", err)
	}
	var state State
	if err := json.Unmarshal(content, &state); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return state, nil
}

// lines runs a command, and returns the lines of its output as names. Comments and counters are left out.
func lines(ctx context.Context, command string, arguments ...string) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, command, arguments...).Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", command, err)
	}
	found := make(map[string]string)
	table := ""
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || line == "COMMIT":
			continue
		case strings.HasPrefix(line, "*"):
			table = line[1:] + " "
			continue
		case strings.HasPrefix(line, ":"): // :INPUT ACCEPT [0:0]
			line, _, _ = strings.Cut(line, " [")
		}
		// A table without rules exists once it has been read.
		if strings.HasPrefix(line, ":") && builtin(line) {
			continue
		}
		found[table+line] = ""
	}
	return found, nil
}

// builtin reports whether a line of iptables-save is a chain of the kernel that accepts, as all do without rules.
func builtin(line string) bool {
	name, policy, _ := strings.Cut(strings.TrimPrefix(line, ":"), " ")
	return policy == "ACCEPT" && slices.Contains([]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}, name)
}

// mounts returns the mount points.
func mounts() (map[string]string, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := make(map[string]string)
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		fields := strings.Fields(scanner.Text())
		found[fields[0]+" "+fields[4]] = strings.Join(fields[3:], " ")
	}
	return found, nil
}

// folders are those in which the programs of a node have fixed paths, and the ones above the others.
var folders = []string{
	"/run", "/var/lib", "/var/log", "/opt", "/etc", "/mnt", "/srv", "/dev/shm", "/usr/libexec",
	"/run/containerd", "/run/runc", "/var/lib/kubelet", "/var/lib/cni", "/var/lib/containerd", "/var/log/containers", "/var/log/pods",
	"/opt/cni", "/etc/cni", "/etc/kubernetes",
}

// entries returns what folders contain, apart from what other programs create and delete continuously.
func entries(folders ...string) (map[string]string, error) {
	found := make(map[string]string)
	for _, folder := range folders {
		content, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, entry := range content {
			if comesAndGoes(entry.Name()) {
				continue
			}
			found[filepath.Join(folder, entry.Name())] = entry.Type().String()
		}
	}
	return found, nil
}

// parameters returns the parameters of the kernel that a node could set.
func parameters() (map[string]string, error) {
	found := make(map[string]string)
	for _, folder := range []string{"kernel", "vm", "net"} {
		err := filepath.WalkDir(filepath.Join("/proc/sys", folder), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // of a link that is gone
				return nil
			}
			if err != nil || entry.IsDir() || changesByItself(path) {
				return err
			}
			if content, err := os.ReadFile(path); err == nil { // some can be written only
				found[strings.TrimPrefix(path, "/proc/sys/")] = strings.TrimSpace(string(content))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// changesByItself reports whether the kernel changes a parameter while nothing sets it.
func changesByItself(path string) bool {
	name := filepath.Base(path)
	return strings.Contains(path, "/random/") || strings.HasPrefix(name, "ns_last_pid") || strings.HasPrefix(name, "nf_conntrack_count") ||
		strings.HasSuffix(name, "_next_id") || name == "pty" || name == "nr" || name == "stat_refresh" || name == "drop_caches" || name == "compact_memory"
}

// groups returns the cgroups below each hierarchy's root, without those of other nodes.
func groups(nodeName string) (map[string]string, error) {
	found := make(map[string]string)
	for _, pattern := range []string{"/sys/fs/cgroup/*/", "/sys/fs/cgroup/*/*/"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			name := filepath.Base(path)
			if !strings.HasPrefix(name, "echoblogs-node-") || name == nodeName {
				found[path] = ""
			}
		}
	}
	return found, nil
}

// processes returns those of a node.
func processes(nodeName string) (map[string]string, error) {
	found := make(map[string]string)
	paths, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		group, _ := os.ReadFile(filepath.Join(path, "cgroup")) // it has ended
		arguments, _ := os.ReadFile(filepath.Join(path, "cmdline"))
		if len(arguments) == 0 {
			continue // it has ended, and its parent has not collected its status yet
		}
		if strings.Contains(string(group), nodeName) || strings.Contains(string(arguments), nodeName) {
			found[filepath.Base(path)] = strings.ReplaceAll(string(arguments), "\x00", " ")
		}
	}
	return found, nil
}

// comesAndGoes reports whether a file belongs to other tests, to their database servers, or to an editor.
func comesAndGoes(name string) bool {
	return strings.HasPrefix(name, "echoblogs-test-") || strings.HasPrefix(name, "PostgreSQL.") ||
		strings.HasPrefix(name, ".") || strings.HasSuffix(name, "-")
}
