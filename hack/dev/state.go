package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/echoblogs/echoblogs/test/testkit/postgresserver"
)

// state is the folder of everything that the demo stores.
type state struct {
	folder string // absolute
}

// openState creates the folder if it does not exist.
func openState(path string) (state, error) {
	folder, err := filepath.Abs(path)
	if err != nil {
		return state{}, fmt.Errorf("find the folder %s: %w", path, err)
	}
	s := state{folder: folder}
	// PostgreSQL may run as another user, who must be able to enter the folder.
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return state{}, fmt.Errorf("create the folder of the demo: %w", err)
	}
	for _, private := range []string{s.logs(), s.bin(), s.programs(), s.private()} {
		if err := os.MkdirAll(private, 0o700); err != nil {
			return state{}, fmt.Errorf("create a folder of the demo: %w", err)
		}
	}
	return s, nil
}

func (s state) logs() string { return filepath.Join(s.folder, "logs") }

// bin is on the PATH of users.
func (s state) bin() string        { return filepath.Join(s.folder, "bin") }
func (s state) programs() string   { return filepath.Join(s.folder, "programs") }
func (s state) private() string    { return filepath.Join(s.folder, "private") }
func (s state) database() string   { return filepath.Join(s.folder, "postgres") }
func (s state) mail() string       { return filepath.Join(s.folder, "mail") }
func (s state) kubeconfig() string { return filepath.Join(s.folder, "kubeconfig") }

func (s state) log(part string) string { return filepath.Join(s.logs(), part+".log") }

// shown returns the folder as a user and as a shell would write it: relative if it
// is below the working directory.
func (s state) shown() (people, shell string) {
	working, err := os.Getwd()
	if err != nil {
		return s.folder, s.folder
	}
	below, err := filepath.Rel(working, s.folder)
	if err != nil || !filepath.IsLocal(below) {
		return s.folder, s.folder
	}
	return below, "$PWD/" + below
}

// write writes a file that only the current user can read.
func (s state) write(name, text string) error {
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write a file of the demo: %w", err)
	}
	return nil
}

// has reports whether a file exists.
func (s state) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.folder, name))
	return err == nil
}

func (s state) remove(name string) error {
	if err := os.Remove(filepath.Join(s.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a file of the demo: %w", err)
	}
	return nil
}

// wipe removes everything, including the database if it is in another folder.
func (s state) wipe() error {
	database, err := postgresserver.DataDir(s.database())
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(database), os.RemoveAll(s.folder)); err != nil {
		return fmt.Errorf("remove the demo's data: %w", err)
	}
	return nil
}

// running is a running demo.
type running struct {
	pid  int
	port int
}

// errRuns is returned if a demo is already running with this state.
var errRuns = errors.New("the demo is already running")

// lock makes this process the one that runs the demo, until the returned file is
// closed or the process ends. It returns errRuns if another process has the lock.
func (s state) lock(port int) (io.Closer, error) {
	file, err := os.OpenFile(s.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the demo: %w", err)
	}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}); err != nil {
		file.Close()
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
			return nil, errRuns
		}
		return nil, fmt.Errorf("lock the demo: %w", err)
	}
	// A demo that was killed may have left it behind.
	if err := s.remove(readyFile); err != nil {
		return nil, err
	}
	if _, err := file.WriteAt(fmt.Appendf(nil, "%-5d\n", port), 0); err != nil {
		return nil, fmt.Errorf("write the demo's port: %w", err)
	}
	return file, nil
}

// findRunning returns the demo that runs with this state, if there is one.
func (s state) findRunning() (running, bool, error) {
	file, err := os.Open(s.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return running{}, false, nil
	}
	if err != nil {
		return running{}, false, fmt.Errorf("find the running demo: %w", err)
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return running{}, false, fmt.Errorf("find the running demo: %w", err)
	}
	if lock.Type == syscall.F_UNLCK {
		return running{}, false, nil
	}
	found := running{pid: int(lock.Pid)}
	if _, err := fmt.Fscan(file, &found.port); err != nil {
		return running{}, false, errors.New("the demo is starting: try again in a moment")
	}
	return found, true, nil
}

// lockFile is locked while the demo is running, and contains its port.
func (s state) lockFile() string { return filepath.Join(s.folder, "lock") }
