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

// state is the folder with all that the demo keeps.
type state struct {
	folder string // absolute
}

// openState makes the folder, unless it is there.
func openState(path string) (state, error) {
	folder, err := filepath.Abs(path)
	if err != nil {
		return state{}, fmt.Errorf("finding the folder %s: %w", path, err)
	}
	s := state{folder: folder}
	// The server of PostgreSQL may run as another user, who has to pass through.
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return state{}, fmt.Errorf("making the folder of the demo: %w", err)
	}
	for _, private := range []string{s.logs(), s.bin(), s.private()} {
		if err := os.MkdirAll(private, 0o700); err != nil {
			return state{}, fmt.Errorf("making a folder of the demo: %w", err)
		}
	}
	return s, nil
}

func (s state) logs() string       { return filepath.Join(s.folder, "logs") }
func (s state) bin() string        { return filepath.Join(s.folder, "bin") }
func (s state) private() string    { return filepath.Join(s.folder, "private") }
func (s state) database() string   { return filepath.Join(s.folder, "postgres") }
func (s state) mail() string       { return filepath.Join(s.folder, "mail") }
func (s state) kubeconfig() string { return filepath.Join(s.folder, "kubeconfig") }

func (s state) log(part string) string { return filepath.Join(s.logs(), part+".log") }

// shown returns the folder as people and their shells write it, relative to the
// working directory where it is below that.
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

// write keeps a text that only we may read.
func (s state) write(name, text string) error {
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing a file of the demo: %w", err)
	}
	return nil
}

// has tells whether a file is there.
func (s state) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.folder, name))
	return err == nil
}

func (s state) remove(name string) error {
	if err := os.Remove(filepath.Join(s.folder, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a file of the demo: %w", err)
	}
	return nil
}

// wipe removes everything, the database included where it is elsewhere.
func (s state) wipe() error {
	database, err := postgresserver.DataDir(s.database())
	if err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(database), os.RemoveAll(s.folder)); err != nil {
		return fmt.Errorf("wiping the demo's data: %w", err)
	}
	return nil
}

// running is a demo that runs.
type running struct {
	pid  int
	port int
}

// errRuns says that a demo runs with this state.
var errRuns = errors.New("the demo runs already")

// lock makes this process the one that runs the demo, until the file that it
// returns is closed or the process ends. It returns errRuns when there is one.
func (s state) lock(port int) (io.Closer, error) {
	file, err := os.OpenFile(s.lockFile(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the demo: %w", err)
	}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}); err != nil {
		file.Close()
		if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
			return nil, errRuns
		}
		return nil, fmt.Errorf("locking the demo: %w", err)
	}
	// One that was killed has left it behind.
	if err := s.remove(readyFile); err != nil {
		return nil, err
	}
	if _, err := file.WriteAt(fmt.Appendf(nil, "%-5d\n", port), 0); err != nil {
		return nil, fmt.Errorf("telling others the demo's port: %w", err)
	}
	return file, nil
}

// whoRuns returns the demo that runs with this state, if there is one.
func (s state) whoRuns() (running, bool, error) {
	file, err := os.Open(s.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return running{}, false, nil
	}
	if err != nil {
		return running{}, false, fmt.Errorf("asking whether the demo runs: %w", err)
	}
	defer file.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return running{}, false, fmt.Errorf("asking whether the demo runs: %w", err)
	}
	if lock.Type == syscall.F_UNLCK {
		return running{}, false, nil
	}
	who := running{pid: int(lock.Pid)}
	if _, err := fmt.Fscan(file, &who.port); err != nil {
		return running{}, false, errors.New("the demo is just starting: try again")
	}
	return who, true, nil
}

// lockFile is locked while the demo runs, and tells its port.
func (s state) lockFile() string { return filepath.Join(s.folder, "lock") }
