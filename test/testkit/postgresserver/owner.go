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

// owner is the operating system's user under which a server runs.
type owner struct {
	uid, gid int
	// credential switches a child to this user. It is nil where the child runs
	// as who we are.
	credential *syscall.Credential
}

// serverOwner returns who runs the server: ourselves, except that postgres
// refuses to run as root, for whom it is the user postgres, else nobody.
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

// Credential returns the user under which servers run, for other programs that
// do not run as root either. It is nil where that is who we are.
func Credential() (*syscall.Credential, error) {
	runAs, err := serverOwner()
	return runAs.credential, err
}

// canReach reports whether the user may pass through every folder above path.
// Folders that do not exist yet are made by us with mode 0755.
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

// ownFolder makes a folder that only the owner may enter. It refuses one that
// belongs to somebody else, who could read what is put there.
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

// standIn returns a short path that everyone can reach and that stands for
// path, always the same one.
func standIn(path string) string {
	sum := sha256.Sum256([]byte(path))
	return filepath.Join("/var/tmp", "echoblogs-postgres-"+hex.EncodeToString(sum[:6]))
}

// DataDir returns the folder where the data of a server that asks for wanted
// is: wanted itself, or one below /var/tmp where the server's user cannot reach
// that, as below /root.
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
