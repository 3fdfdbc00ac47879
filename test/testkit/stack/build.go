package stack

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// buildPrograms puts the programs into a folder, compiled as they are shipped: without the race detector, which would
// make other programs of them. They are kept for the next package that is tested, because go build does not link a
// program again that is up to date.
func buildPrograms(ctx context.Context, root, folder string) error {
	hash := fnv.New64a()
	hash.Write([]byte(root))
	kept := filepath.Join(os.TempDir(), fmt.Sprintf("echoblogs-test-programs-%d-%x", os.Getuid(), hash.Sum(nil)))
	if err := errors.Join(os.MkdirAll(kept, 0o700), os.Mkdir(folder, 0o700)); err != nil {
		return fmt.Errorf("create the folders for the programs: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(kept, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the programs: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock the programs: %w", err)
	}
	names := []string{"operator", "blog", "portal", "kubectl-echoblogs"}
	arguments := []string{"build", "-o", kept + "/"}
	for _, name := range names {
		arguments = append(arguments, "./cmd/"+name)
	}
	build := exec.CommandContext(ctx, "go", arguments...)
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	for _, name := range names {
		// A later build replaces the file and leaves this one as it is.
		if err := os.Link(filepath.Join(kept, name), filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("keep %s: %w", name, err)
		}
	}
	return nil
}
