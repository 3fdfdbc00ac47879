package slots_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/echoblogs/echoblogs/internal/slots"
)

func TestSlotsAreSharedFairly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := slots.New[int64](slots.Limits{Total: 2, PerUser: 1, Waiting: 3})
		var (
			mu    sync.Mutex
			order []int64
		)
		use := func(tenant int64) {
			release, err := shared.Acquire(t.Context(), tenant)
			if err != nil {
				t.Errorf("tenant %d: %v", tenant, err)
				return
			}
			mu.Lock()
			order = append(order, tenant)
			mu.Unlock()
			time.Sleep(time.Second)
			release()
		}
		start := func(tenant int64) {
			go use(tenant)
			synctest.Wait()
		}
		for _, tenant := range []int64{1, 1, 1, 1, 2, 2, 3} {
			start(tenant)
		}
		if _, err := shared.Acquire(t.Context(), 1); !errors.Is(err, slots.ErrBusy) {
			t.Errorf("a fourth request that waits: %v", err)
		}
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		// 1 and 2 have a slot each at first, then 3 is among the next two, and 1 is left with what it asked for beyond the others.
		if len(order) != 7 || !slices.Contains(order[2:4], 3) || order[6] != 1 {
			t.Errorf("the slots were granted in the order %v", order)
		}
	})
}

func TestSlotsBoundAllThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := slots.New[string](slots.Limits{Total: 1, PerUser: 1, Waiting: 2, WaitingInAll: 3})
		release, err := shared.Acquire(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		wait := func(user string) {
			go func() {
				if release, err := shared.Acquire(ctx, user); err == nil {
					release()
				}
			}()
			synctest.Wait()
		}
		for _, user := range []string{"a", "a", "b"} {
			wait(user)
		}
		for range 3 { // those that are refused take no place
			if _, err := shared.Acquire(ctx, "c"); !errors.Is(err, slots.ErrBusy) {
				t.Errorf("a fourth that waits: got %v, want ErrBusy", err)
			}
		}
		cancel()
		synctest.Wait()
		ctx = t.Context()
		wait("c")
		release()
		synctest.Wait()
		if release, err = shared.Acquire(ctx, "d"); err != nil {
			t.Errorf("the slot is not free: %v", err)
		} else {
			release()
		}
	})
}

func TestSlotsOfThoseWhoGiveUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := slots.New[int64](slots.Limits{Total: 1, PerUser: 1, Waiting: 8})
		release, err := shared.Acquire(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 8 {
			go func() {
				if _, err := shared.Acquire(ctx, 2); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v, want an end of the wait", err)
				}
			}()
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		release()
		for _, tenant := range []int64{1, 2, 3} { // the slot is free
			release, err := shared.Acquire(t.Context(), tenant)
			if err != nil {
				t.Fatal(err)
			}
			release()
		}
	})
}

// Whatever the order, no slot is lost and none is granted twice.
func TestSlotsUnderContention(t *testing.T) {
	t.Parallel()
	shared := slots.New[int64](slots.Limits{Total: 3, PerUser: 2, Waiting: 100})
	var (
		mu      sync.Mutex
		running = map[int64]int{}
		all     int
		group   sync.WaitGroup
	)
	for i := range 500 {
		tenant := int64(i % 7)
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5)*time.Millisecond)
			defer cancel()
			release, err := shared.Acquire(ctx, tenant)
			if err != nil {
				return
			}
			mu.Lock()
			running[tenant]++
			all++
			if running[tenant] > 2 || all > 3 {
				t.Errorf("tenant %d has %d slots, all have %d", tenant, running[tenant], all)
			}
			mu.Unlock()
			mu.Lock()
			running[tenant]--
			all--
			mu.Unlock()
			release()
		})
	}
	group.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, tenant := range []int64{1, 1, 2} {
		if _, err := shared.Acquire(ctx, tenant); err != nil {
			t.Errorf("a slot was lost: %v", err)
		}
	}
}
