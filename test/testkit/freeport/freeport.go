// Package freeport finds free TCP ports on loopback for programs that cannot choose
// one themselves.
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
	// These ports are below the ephemeral ones (32768 and above by default), which
	// the kernel assigns to connections and to listeners on port 0. So neither can
	// take the port before the program listens.
	lowest, highest = 15000, 32767
	// attempts bounds the search for one port.
	attempts = 1000
)

// held keeps the locked files from being garbage collected, which would close and
// unlock them.
var held sync.Map // of *os.File by path

// Find returns distinct ports that are not in use. Until this process ends, no
// other process of the same user gets them from Find.
func Find(ctx context.Context, count int) ([]int, error) {
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("echoblogs-ports-%d", os.Getuid()))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of reserved ports: %w", err)
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

// reserve locks the file of a port, and reports whether it succeeded. The lock ends
// with this process.
func reserve(path string) (bool, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return false, fmt.Errorf("reserve a port: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		file.Close()
		return false, nil
	}
	if err != nil {
		return false, errors.Join(fmt.Errorf("reserve a port: %w", err), file.Close())
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
