package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/test/bench/report"
)

// describeMachine returns the description of this machine, and the versions of its servers.
func describeMachine(ctx context.Context, s *stack) (report.Machine, error) {
	m := report.Machine{
		CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Memory: memory(),
		Kernel: line("/proc/sys/kernel/osrelease"), Disk: fileSystem(s.postgres.DataDir()),
		Load: strings.Join(strings.Fields(line("/proc/loadavg"))[:2], ", "), Go: runtime.Version(), Revision: revision(),
	}
	connection, err := pgx.Connect(ctx, s.databases.administrator)
	if err != nil {
		return m, fmt.Errorf("connect as the administrator: %w", err)
	}
	defer connection.Close(ctx)
	var fsync string
	if err := connection.QueryRow(ctx, "SELECT current_setting('server_version'), current_setting('fsync')").Scan(&m.PostgreSQL, &fsync); err != nil {
		return m, fmt.Errorf("read the server's version: %w", err)
	}
	m.PostgreSQL += ", fsync " + fsync
	answer, err := s.client.Get().AbsPath("/version").DoRaw(ctx)
	if err != nil {
		return m, fmt.Errorf("read the API server's version: %w", err)
	}
	var version struct{ GitVersion string }
	if err := json.Unmarshal(answer, &version); err != nil {
		return m, fmt.Errorf("read the API server's version: %w", err)
	}
	m.Kubernetes = version.GitVersion
	return m, nil
}

// line returns the first line of a file, or a text that says why there is none.
func line(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown unknown"
	}
	first, _, _ := strings.Cut(string(content), "\n")
	return first
}

// field returns the value of the first line "name : value" of a file.
func field(path, name string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() string {
	var kilobytes int64
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%d kB", &kilobytes); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f GiB", float64(kilobytes)/(1<<20))
}

// fileSystem returns the type of the file system of a folder.
func fileSystem(folder string) string {
	var of syscall.Statfs_t
	if err := syscall.Statfs(folder, &of); err != nil {
		return "unknown"
	}
	known := map[int64]string{
		0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x2fc12fc1: "zfs", 0x794c7630: "overlayfs",
		0x01021994: "tmpfs: nothing is written to a disk",
	}
	if name, ok := known[of.Type]; ok {
		return name
	}
	return fmt.Sprintf("file system %#x", of.Type)
}

// revision returns the revision of the sources of this program.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	of := map[string]string{}
	for _, setting := range info.Settings {
		of[setting.Key] = setting.Value
	}
	text := of["vcs.revision"]
	if text == "" {
		return "unknown"
	}
	text = text[:min(12, len(text))]
	if of["vcs.modified"] == "true" {
		text += " with changes"
	}
	return text
}
