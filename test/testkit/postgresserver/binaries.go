package postgresserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// MinimumVersion is the oldest major version of PostgreSQL that EchoBlogs
// supports, the one that Debian 12 ships.
const MinimumVersion = 15

// ErrNotInstalled says that this machine has no PostgreSQL server that is new
// enough.
var ErrNotInstalled = fmt.Errorf("no PostgreSQL server of version %d or newer is installed: run hack/postgres/install.sh", MinimumVersion)

// FindBinaries returns the folder that holds postgres and initdb: the first on
// PATH, then the newest that Debian's packages or hack/postgres/install.sh laid
// down. It returns ErrNotInstalled where there is none.
func FindBinaries(ctx context.Context) (string, error) {
	for _, folder := range candidateFolders() {
		version, err := majorVersion(ctx, folder)
		if err != nil || version < MinimumVersion {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
			continue
		}
		return folder, nil
	}
	return "", ErrNotInstalled
}

// candidateFolders lists where a server may be, best first.
func candidateFolders() []string {
	var folders []string
	if postgres, err := exec.LookPath("postgres"); err == nil {
		// A link such as /usr/local/bin/postgres stands beside no initdb.
		if target, err := filepath.EvalSymlinks(postgres); err == nil {
			folders = append(folders, filepath.Dir(target))
		}
	}
	folders = append(folders, newestFirst("/usr/lib/postgresql/*/bin")...)
	if cache, err := os.UserCacheDir(); err == nil {
		folders = append(folders, newestFirst(filepath.Join(cache, "echoblogs", "postgres", "*", "bin"))...)
	}
	return folders
}

// newestFirst returns the folders that match a pattern whose star is a version.
func newestFirst(pattern string) []string {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		panic(fmt.Sprintf("bad pattern %q: %v", pattern, err)) // the patterns are constants
	}
	version := func(folder string) int {
		number, _ := strconv.Atoi(leadingNumber.FindString(filepath.Base(filepath.Dir(folder))))
		return number
	}
	slices.SortStableFunc(folders, func(a, b string) int { return version(b) - version(a) })
	return folders
}

var (
	leadingNumber = regexp.MustCompile(`^\d+`)
	serverVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
)

// majorVersion asks the server in folder for its version.
func majorVersion(ctx context.Context, folder string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("ask the server in %s for its version: %w", folder, err)
	}
	match := serverVersion.FindSubmatch(output)
	if match == nil {
		return 0, errors.New("no version in the server's answer")
	}
	return strconv.Atoi(string(match[1]))
}
