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

// ErrNotInstalled is returned if this machine has no PostgreSQL server that is
// recent enough.
var ErrNotInstalled = fmt.Errorf("no PostgreSQL server of version %d or newer is installed: run hack/postgres/install.sh", MinimumVersion)

// FindBinaries returns the folder of postgres and initdb: the first one on PATH,
// otherwise the newest that was installed by Debian's packages or by
// hack/postgres/install.sh. It returns ErrNotInstalled if there is none.
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

// candidateFolders returns the folders that may contain a server, in order of
// preference.
func candidateFolders() []string {
	var folders []string
	if postgres, err := exec.LookPath("postgres"); err == nil {
		// Next to a link such as /usr/local/bin/postgres there is no initdb.
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

// newestFirst returns the folders that match a pattern in which the star is a
// version.
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

// majorVersion returns the version of the server in folder.
func majorVersion(ctx context.Context, folder string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	output, err := exec.CommandContext(ctx, filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0, fmt.Errorf("get the version of the server in %s: %w", folder, err)
	}
	match := serverVersion.FindSubmatch(output)
	if match == nil {
		return 0, errors.New("the output of postgres --version contains no version")
	}
	return strconv.Atoi(string(match[1]))
}
