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

// Disk is a file system that is small enough to be filled.
type Disk struct {
	t testing.TB
	// Folder is its mount point.
	Folder string
}

// NewDisk mounts a file system in memory, of a size in bytes, which is removed after
// the test. Root mounts it in a private folder. An ordinary user mounts it in the
// user namespace of a process that does nothing else, and reaches it through
// /proc. If the system forbids that too, the test is skipped.
func NewDisk(t testing.TB, size int) *Disk {
	t.Helper()
	folder := testFolder(t)
	options := fmt.Sprintf("size=%d,mode=755", size)
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options)
	if errors.Is(err, syscall.EPERM) {
		folder, err = mountApart(t, folder, options)
	}
	if err != nil {
		t.Skipf("This user cannot mount a file system on this machine, not even in a user namespace: %v", err)
	}
	return &Disk{t: t, Folder: folder}
}

// mountApart mounts a file system in the namespace of a new process, and returns the
// path through which the user of the process reaches it.
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
	// It ends when its input is closed: at the latest when this process ends.
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

// Fill writes a file until the disk is full.
func (d *Disk) Fill() {
	d.t.Helper()
	file, err := os.Create(d.ballast())
	if err != nil {
		d.t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("Fill the disk: %v, want ENOSPC", err)
	}
}

// Free removes the file.
func (d *Disk) Free() {
	d.t.Helper()
	if err := os.Remove(d.ballast()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *Disk) ballast() string { return filepath.Join(d.Folder, "ballast") }

// zeros is an endless reader of zeros.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
