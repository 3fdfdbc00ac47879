package stack

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A Shared is started once, and what it has registered is cleaned up once, the last first. Failures are reported.
func TestSharedEndsOnce(t *testing.T) { //nolint:paralleltest // it ends what other tests share
	var did []string
	shared := NewShared(func(t testing.TB) string {
		t.Helper()
		folder := t.TempDir()
		t.Cleanup(func() {
			if t.Context().Err() == nil {
				t.Error("the context has not ended")
			}
			did = append(did, "first")
			t.Fatal("it ended by itself")
		})
		t.Cleanup(func() { did = append(did, "second") })
		did = append(did, "start")
		return folder
	})
	var tests sync.WaitGroup
	for range 4 {
		tests.Go(func() { shared.Get(t) })
	}
	tests.Wait()
	if err := endOwners(); err == nil || err.Error() != "it ended by itself" {
		t.Errorf("it ended with the error %v", err)
	}
	if err := endOwners(); err != nil {
		t.Errorf("it ended again, with the error %v", err)
	}
	if want := []string{"start", "second", "first"}; !slices.Equal(did, want) {
		t.Errorf("it did %v, want %v", did, want)
	}
}

// failing is a test that keeps why it has failed.
type failing struct {
	testing.TB
	why error
}

func (f *failing) Fatalf(_ string, args ...any) {
	f.why = args[0].(error)
	runtime.Goexit()
}

// Every test that needs what cannot be started fails, and says why.
func TestSharedCannotBeStarted(t *testing.T) { //nolint:paralleltest // it ends what other tests share
	starts := 0
	shared := NewShared(func(t testing.TB) int {
		t.Helper()
		starts++
		t.Fatalf("it is %s", "broken")
		return 1
	})
	for range 2 {
		test := &failing{TB: t}
		var running sync.WaitGroup
		running.Go(func() {
			shared.Get(test)
			test.why = errors.New("it continues")
		})
		running.Wait()
		if test.why == nil || !strings.Contains(test.why.Error(), "it is broken") {
			t.Errorf("the test failed because %v", test.why)
		}
	}
	if starts != 1 {
		t.Errorf("it was started %d times", starts)
	}
	if err := endOwners(); err != nil {
		t.Errorf("it ended with the error %v, which the tests have reported", err)
	}
}
