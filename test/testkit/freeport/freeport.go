// Package freeport finds TCP ports on loopback for programs that do not find
// one by themselves.
package freeport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

const (
	// The ports that are given out lie below those that the kernel takes for
	// connections and for listeners that do not care (32768 on, by default): none
	// of those can come in between until the program listens.
	lowest, highest = 15000, 32767
	// attempts bounds the search for one port.
	attempts = 1000
)

// held are the locked files: one that is collected as garbage is closed, and with
// that unlocked.
var held sync.Map // of *os.File by path

// Find returns as many different ports, none of which is in use now. Until this
// process ends, no other one of this user that asks here is given them either.
func Find(ctx context.Context, count int) ([]int, error) {
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("echoblogs-ports-%d", os.Getuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of ports that are taken: %w", err)
	}
	ports := make([]int, 0, count)
	for range count * attempts {
		if len(ports) == count {
			break
		}
		port := lowest + rand.IntN(highest-lowest+1)
		mine, err := reserve(filepath.Join(folder, strconv.Itoa(port)))
		if err != nil {
			return nil, err
		}
		if mine && isFree(ctx, port) {
			ports = append(ports, port)
		}
	}
	if len(ports) < count {
		return nil, fmt.Errorf("find free ports between %d and %d: %d of %d", lowest, highest, len(ports), count)
	}
	return ports, nil
}

// reserve reports whether nobody else has locked the file of a port. The lock
// ends with this process.
func reserve(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return false, fmt.Errorf("take a port: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		file.Close()
		return false, nil
	}
	if err != nil {
		return false, errors.Join(fmt.Errorf("take a port: %w", err), file.Close())
	}
	held.Store(path, file)
	return true, nil
}

func isFree(ctx context.Context, port int) bool {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
