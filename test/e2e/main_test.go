//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/e2e/node"
)

var (
	// interrupted ends when the tests are interrupted, such as by Ctrl-C. Contexts of tests do not end then.
	interrupted, forgetSignals = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// unfinished counts nodes, and commands that run nodes: the tests do not end before them.
	unfinished sync.WaitGroup
)

// TestMain runs the tests. When they are interrupted, it stops their nodes and deletes their files, which testing does not.
func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	// A second signal ends the program at once. Then make e2e-clean deletes what it leaves.
	context.AfterFunc(interrupted, forgetSignals)
	folder, err := node.OwnFolder()
	if err != nil {
		return 1, err
	}
	ended := make(chan int, 1)
	go func() { ended <- m.Run() }()
	select {
	case code = <-ended:
	case <-interrupted.Done():
		fmt.Fprintln(os.Stderr, "Interrupted. The nodes are being stopped.")
		code = 1
	}
	unfinished.Wait()
	removing, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return code, folder.Remove(removing)
}

// endWithTests calls end if the tests are interrupted before done is called. They wait for done.
func endWithTests(end func()) (done func()) {
	unfinished.Add(1)
	forget := context.AfterFunc(interrupted, end)
	return sync.OnceFunc(func() {
		forget()
		unfinished.Done()
	})
}

// start starts a node with add-ons, which the end of the test stops. That fails if something is left.
func start(t *testing.T, addOns ...string) *node.Node {
	t.Helper()
	began := time.Now()
	logs := filepath.Join(t.TempDir(), "logs")
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	started := endWithTests(cancel)
	n, err := node.Start(ctx, node.Options{AddOns: addOns, KeepLogs: logs, Progress: func(text string) {
		t.Logf("%5.1f s %s", time.Since(began).Seconds(), text)
	}})
	if err != nil {
		started()
		t.Fatalf("start the node: %v", err)
	}
	unfinished.Add(1)
	stop := sync.OnceValue(func() error {
		defer unfinished.Done()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return n.Stop(ctx)
	})
	context.AfterFunc(interrupted, func() {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the node:", err)
		}
	})
	started()
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop the node: %v", err)
		}
		if _, err := os.Stat(filepath.Join(logs, "kubelet.log")); err != nil {
			t.Errorf("the logs of the node were not kept: %v", err)
		}
	})
	return n
}
