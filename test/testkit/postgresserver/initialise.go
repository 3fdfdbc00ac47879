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

// passwordFile, inside the data folder, keeps the administrator's password
// where only the server's user reads it.
const passwordFile = "echoblogs-administrator-password"

// initialise makes a data folder where there is none and returns the password
// of its administrator. It works beside the folder and renames at the end, so
// that one that is cut off leaves nothing that looks like data.
func initialise(ctx context.Context, binaries, dataDir string, runAs owner, syncToDisk bool) (string, error) {
	password, err := os.ReadFile(filepath.Join(dataDir, passwordFile))
	if err == nil {
		return strings.TrimSpace(string(password)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the administrator's password: %w", err)
	}

	unfinished := dataDir + ".initialising"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", fmt.Errorf("remove a data folder that was left unfinished: %w", err)
	}
	if err := runAs.ownFolder(unfinished); err != nil {
		return "", fmt.Errorf("create the data folder: %w", err)
	}
	fresh := rand.Text()
	// initdb reads the password from a file that it must not find in its folder.
	source := unfinished + "-password"
	if err := writeFor(runAs, source, fresh); err != nil {
		return "", err
	}
	defer os.Remove(source)

	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	arguments := []string{
		"--pgdata=" + unfinished, "--username=" + administrator, "--pwfile=" + source,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
	}
	if !syncToDisk {
		arguments = append(arguments, "--no-sync")
	}
	initdb := exec.CommandContext(ctx, filepath.Join(binaries, "initdb"), arguments...)
	initdb.Dir = "/"
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: runAs.credential}
	if output, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("run initdb: %w\n%s", err, lastLines(string(output), 10))
	}
	if err := writeFor(runAs, filepath.Join(unfinished, passwordFile), fresh); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, dataDir); err != nil {
		return "", fmt.Errorf("put the data folder in its place: %w", err)
	}
	return fresh, nil
}

// writeFor writes a file that only the server's user may read.
func writeFor(runAs owner, path, content string) error {
	if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the administrator's password: %w", err)
	}
	if runAs.credential == nil {
		return nil
	}
	if err := os.Chown(path, runAs.uid, runAs.gid); err != nil {
		return fmt.Errorf("giving the administrator's password to the server's user: %w", err)
	}
	return nil
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}
