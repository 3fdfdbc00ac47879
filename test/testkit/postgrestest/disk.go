package postgrestest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Disk is a file system of its own, small enough to be filled.
type Disk struct {
	t testing.TB
	// Folder is where it is.
	Folder string
}

// ErrNoDisk says that this user may not mount a file system on this machine.
var ErrNoDisk = errors.New("neither this user nor a user namespace of theirs may mount a file system")

// NewDisk mounts a file system of so many bytes in memory, which vanishes with
// the test. Root mounts it in a private folder. An ordinary user mounts it in a
// namespace that belongs to a process which waits, and reaches it by way of that
// process; where the system forbids that too, NewDisk returns ErrNoDisk.
func NewDisk(t testing.TB, size int) (*Disk, error) {
	t.Helper()
	folder := testFolder(t)
	options := fmt.Sprintf("size=%d,mode=755", size)
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options)
	if errors.Is(err, syscall.EPERM) {
		folder, err = mountApart(t, folder, options)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDisk, err)
	}
	return &Disk{t: t, Folder: folder}, nil
}

// mountApart mounts a file system where only a process of its own sees it, and
// returns the path by which that process's user reaches it.
func mountApart(t testing.TB, folder, options string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	holder := exec.CommandContext(ctx, "sh", "-c", `mount -t tmpfs -o "$2" tmpfs "$1" && echo mounted && cat`, "sh", folder, options)
	holder.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	// It ends when its input does: with this process at the latest.
	input, err := holder.StdinPipe()
	if err != nil {
		return "", err
	}
	output, err := holder.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := holder.Start(); err != nil {
		return "", err
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		return "", fmt.Errorf("mount in a namespace: %w", errors.Join(err, holder.Wait()))
	}
	t.Cleanup(func() {
		input.Close()
		if err := holder.Wait(); err != nil {
			t.Errorf("Unmount the disk: %v", err)
		}
	})
	return filepath.Join(fmt.Sprintf("/proc/%d/root", holder.Process.Pid), folder), nil
}

// Fill writes a file until nothing more goes onto the disk.
func (d *Disk) Fill() {
	d.t.Helper()
	file, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("Fill the disk: %v, want that it is full", err)
	}
}

// Free takes the file away.
func (d *Disk) Free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Disk) ballast() string { return filepath.Join(d.Folder, "ballast") }

// zeros reads zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
