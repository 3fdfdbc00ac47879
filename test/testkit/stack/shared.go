package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// Shared is something that the tests of a package share, such as a Platform with its programs. The first test that needs it
// starts it, and Main ends it.
type Shared[T any] struct {
	value func() (T, error)
}

// NewShared returns a Shared. The function that starts it gets a testing.TB that lasts until Main ends it, and has the methods
// that the testkit calls.
func NewShared[T any](start func(testing.TB) T) *Shared[T] {
	return &Shared[T]{value: sync.OnceValues(func() (value T, err error) {
		o := newOwner()
		err = o.run(func() { value = start(o) })
		return value, err
	})}
}

// Get returns what is shared, and fails the test if it could not be started.
func (s *Shared[T]) Get(t testing.TB) T {
	t.Helper()
	value, err := s.value()
	if err != nil {
		t.Fatalf("Start what the tests share: %v", err)
	}
	return value
}

// owner is the testing.TB of a Shared.
type owner struct {
	testing.TB // nil: only the methods below can be called

	ctx    context.Context //nolint:containedctx // as in testing.T
	cancel context.CancelFunc

	mu       sync.Mutex
	cleanups []func()
	failures []error
}

// owners are those that Main ends.
var owners struct {
	sync.Mutex
	all []*owner
}

func newOwner() *owner {
	o := &owner{}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	owners.Lock()
	defer owners.Unlock()
	owners.all = append(owners.all, o)
	return o
}

// endOwners ends all owners, the last one first.
func endOwners() error {
	owners.Lock()
	defer owners.Unlock()
	var failures []error
	for _, o := range slices.Backward(owners.all) {
		failures = append(failures, o.end())
	}
	owners.all = nil
	return errors.Join(failures...)
}

// run calls f, which Fatal ends, and returns the failures since the last call.
func (o *owner) run(f func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
	o.mu.Lock()
	defer o.mu.Unlock()
	failures := o.failures
	o.failures = nil
	return errors.Join(failures...)
}

// end runs the cleanups, and returns their failures.
func (o *owner) end() error {
	o.cancel()
	var failures []error
	for _, clean := range slices.Backward(o.cleanups) {
		failures = append(failures, o.run(clean))
	}
	return errors.Join(failures...)
}

func (o *owner) Helper() {}

func (o *owner) Context() context.Context { return o.ctx }

func (o *owner) Cleanup(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cleanups = append(o.cleanups, f)
}

func (o *owner) TempDir() string {
	folder, err := os.MkdirTemp("", "echoblogs-test-shared-")
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			o.Error(err)
		}
	})
	return folder
}

func (o *owner) Error(args ...any) { o.fail(errors.New(fmt.Sprint(args...))) }

func (o *owner) Errorf(format string, args ...any) { o.fail(fmt.Errorf(format, args...)) }

func (o *owner) Fatal(args ...any) {
	o.Error(args...)
	runtime.Goexit()
}

func (o *owner) Fatalf(format string, args ...any) {
	o.Errorf(format, args...)
	runtime.Goexit()
}

func (o *owner) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = append(o.failures, err)
}
