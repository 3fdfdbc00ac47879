package postgresserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// owner is the operating system user that runs a server.
type owner struct {
	uid, gid int
	// credential switches a child process to this user. It is nil if the child runs
	// as the current user.
	credential *syscall.Credential
}

// serverOwner returns the user that runs the server: the current one, or if that is
// root, as whom postgres refuses to run, the user postgres or nobody.
func serverOwner() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	var account *user.User
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err == nil {
			account = found
			break
		}
	}
	if account == nil {
		return owner{}, errors.New("PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody to run it as")
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return owner{}, fmt.Errorf("read the id of user %s: %w", account.Username, err)
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return owner{}, fmt.Errorf("read the group of user %s: %w", account.Username, err)
	}
	return owner{uid: uid, gid: gid, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// Credential returns the user that runs servers, for other programs that must not
// run as root. It is nil if that is the current user.
func Credential() (*syscall.Credential, error) {
	runAs, err := serverOwner()
	return runAs.credential, err
}

// canReach reports whether the user can enter every folder above path. Missing
// folders will be created with mode 0755.
func (o owner) canReach(path string) bool {
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err == nil && !o.mayPass(info) {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
}

func (o owner) mayPass(info fs.FileInfo) bool {
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	switch {
	case int(status.Uid) == o.uid:
		return info.Mode()&0o100 != 0
	case int(status.Gid) == o.gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

// ownFolder creates a folder that only the owner can enter. It fails if the folder
// belongs to another user, who could read its contents.
func (o owner) ownFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err == nil {
		if o.credential == nil {
			return nil
		}
		return os.Chown(path, o.uid, o.gid)
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(status.Uid) != o.uid {
		return fmt.Errorf("%s belongs to another user: remove it", path)
	}
	return nil
}

// standIn returns a short path that every user can reach, derived from path.
func standIn(path string) string {
	sum := sha256.Sum256([]byte(path))
	return filepath.Join("/var/tmp", "echoblogs-postgres-"+hex.EncodeToString(sum[:6]))
}

// DataDir returns the data folder of a server whose Options name wanted: wanted
// itself, or a folder below /var/tmp if the user of the server cannot reach that,
// such as below /root.
func DataDir(wanted string) (string, error) {
	absolute, err := filepath.Abs(wanted)
	if err != nil {
		return "", fmt.Errorf("find the data folder %s: %w", wanted, err)
	}
	runAs, err := serverOwner()
	if err != nil {
		return "", err
	}
	if runAs.canReach(absolute) {
		return absolute, nil
	}
	return standIn(absolute), nil
}
