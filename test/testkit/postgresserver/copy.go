package postgresserver

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// copyKept copies a data folder that initdb has made before, or makes it, into the empty folder to. Copying takes a tenth of
// initdb's time. The password of the administrator is that of every copy.
func copyKept(ctx context.Context, binaries, prefix, to string, runAs owner) error {
	server, err := os.Stat(filepath.Join(binaries, "postgres"))
	if err != nil {
		return fmt.Errorf("find the version of PostgreSQL: %w", err)
	}
	hash := fnv.New64a()
	fmt.Fprint(hash, binaries, server.ModTime().UnixNano()) // another version has another time
	kept, err := DataDir(fmt.Sprintf("%s-%d-%x", prefix, runAs.uid, hash.Sum(nil)))
	if err != nil {
		return err
	}
	lock, err := os.OpenFile(kept+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the initialized data folder: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the initialized data folder: %w", err)
	}
	if _, err := initialize(ctx, binaries, kept, runAs, Options{Settings: map[string]string{"fsync": "off"}}); err != nil {
		return err
	}
	if err := runAs.ownFolder(kept); err != nil {
		return fmt.Errorf("check the owner of the initialized data folder: %w", err)
	}
	if output, err := exec.CommandContext(ctx, "cp", "-a", filepath.Clean(kept)+"/.", to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the initialized data folder: %w\n%s", err, lastLines(string(output), 10))
	}
	return nil
}
