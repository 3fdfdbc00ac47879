package postgrestest

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const (
	memory = "/dev/shm"
	// enoughMemory is what it must have free, in bytes. A server uses about 100 MB of it.
	enoughMemory = 4 << 30
)

// newFolder creates a folder for a server, in memory if there is enough: each database consists of hundreds of files, and
// creating them on a disk takes longer than most tests.
func newFolder() (string, error) {
	parent := "" // the default for temporary files
	if system := (syscall.Statfs_t{}); syscall.Statfs(memory, &system) == nil && system.Bavail*uint64(system.Bsize) >= enoughMemory {
		parent = memory
	}
	folder, err := os.MkdirTemp(parent, "echoblogs-test-postgres-")
	if err != nil {
		return "", fmt.Errorf("create a folder for the server: %w", err)
	}
	// As root, the server runs as another user, who must be able to enter the folder.
	if err := os.Chmod(folder, 0o755); err != nil {
		return "", fmt.Errorf("change the mode of the server's folder: %w", err)
	}
	return folder, nil
}

// remove waits for the end of its input. Then it resumes the server whose data is
// in the folder, in case a test has left it paused, waits for its end, and removes
// the folder, which may be a mount point.
const remove = `cat
server=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$server" ]; then
	for process in /proc/[0-9]*/stat; do
		read -r child _ _ parent _ <"$process" && [ "$parent" = "$server" ] && kill -CONT "$child"
	done
	kill -CONT "$server"
	for _ in $(seq 100); do kill -0 "$server" && sleep 0.1 || break; done
fi 2>/dev/null
umount "$1" 2>/dev/null
rm -rf --one-file-system "$1"`

// remover removes a folder when it is closed, or when this process ends. A shell
// does the work, because a test program that ends by os.Exit, a panic or a signal
// runs no more code.
type remover struct {
	// alive is the write end of a pipe, which the kernel closes when this process ends.
	alive *os.File
	shell *exec.Cmd
}

func newRemover(folder string) (*remover, error) {
	input, alive, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the shell that removes the folder: %w", err)
	}
	defer input.Close()
	//nolint:noctx // it has to outlive this process
	shell := exec.Command("sh", "-c", remove, "sh", folder)
	shell.Stdin = input
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C at a terminal must not end it
	if err := shell.Start(); err != nil {
		alive.Close()
		return nil, fmt.Errorf("start the shell that removes the folder: %w", err)
	}
	return &remover{alive, shell}, nil
}

// close returns when the folder has been removed.
func (r *remover) close() error {
	if err := r.alive.Close(); err != nil {
		return fmt.Errorf("remove the server's folder: %w", err)
	}
	if err := r.shell.Wait(); err != nil {
		return fmt.Errorf("remove the server's folder: %w", err)
	}
	return nil
}

// testFolder creates a folder that is removed after the test.
func testFolder(t testing.TB) string {
	t.Helper()
	folder, err := newFolder()
	if err != nil {
		t.Fatal(err)
	}
	remover, err := newRemover(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remover.close(); err != nil {
			t.Error(err)
		}
	})
	return folder
}
