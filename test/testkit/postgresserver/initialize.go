package postgresserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// passwordFile, in the data folder, contains the password of the administrator.
// Only the user of the server can read it.
const passwordFile = "echoblogs-administrator-password"

// initialize creates the data folder unless it exists, and returns the password of
// the administrator. It works in a temporary folder, which it renames at the end,
// so that an interrupted run leaves nothing that looks like data.
func initialize(ctx context.Context, binaries, dataDir string, runAs owner, options Options) (string, error) {
	if password, err := readPassword(dataDir); !errors.Is(err, fs.ErrNotExist) {
		return password, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	unfinished := dataDir + ".initializing"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", fmt.Errorf("remove an unfinished data folder: %w", err)
	}
	if err := runAs.ownFolder(unfinished); err != nil {
		return "", fmt.Errorf("create the data folder: %w", err)
	}
	var err error
	if options.CopyOf != "" {
		err = copyKept(ctx, binaries, options.CopyOf, unfinished, runAs)
	} else {
		err = initdb(ctx, binaries, unfinished, runAs, options.Settings["fsync"] != "off")
	}
	if err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, dataDir); err != nil {
		return "", fmt.Errorf("rename the data folder: %w", err)
	}
	return readPassword(dataDir)
}

func readPassword(dataDir string) (string, error) {
	password, err := os.ReadFile(filepath.Join(dataDir, passwordFile))
	if err != nil {
		return "", fmt.Errorf("read the administrator's password: %w", err)
	}
	return strings.TrimSpace(string(password)), nil
}

// initdb fills an empty folder.
func initdb(ctx context.Context, binaries, folder string, runAs owner, syncToDisk bool) error {
	fresh := rand.Text()
	// initdb reads the password from a file outside the folder, which must be empty.
	source := folder + "-password"
	if err := writeFor(runAs, source, fresh); err != nil {
		return err
	}
	defer os.Remove(source)

	arguments := []string{
		"--pgdata=" + folder, "--username=" + administrator, "--pwfile=" + source,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
	}
	if !syncToDisk {
		arguments = append(arguments, "--no-sync")
	}
	initdb := exec.CommandContext(ctx, filepath.Join(binaries, "initdb"), arguments...)
	initdb.Dir = "/"
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: runAs.credential}
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("run initdb: %w\n%s", err, lastLines(string(output), 10))
	}
	return writeFor(runAs, filepath.Join(folder, passwordFile), fresh)
}

// writeFor writes a file that only the user of the server can read.
func writeFor(runAs owner, path, content string) error {
	if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the administrator's password: %w", err)
	}
	if runAs.credential == nil {
		return nil
	}
	if err := os.Chown(path, runAs.uid, runAs.gid); err != nil {
		return fmt.Errorf("change the owner of the administrator's password: %w", err)
	}
	return nil
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
