package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

func TestBrakeCountsTheDeletionsOfAnHour(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	end := func(name string, brake *tenancy.Brake, at time.Time) error {
		t.Helper()
		d.create(spec(name))
		if name == "retained" {
			_, err := d.store.Retain(t.Context(), d.find(name), deletedTenant, brake, at, at.AddDate(0, 0, 30))
			return err
		}
		_, err := d.store.Drop(t.Context(), d.find(name), brake, at)
		return err
	}
	two := &tenancy.Brake{PerHour: 2, Live: 100}
	for _, test := range []struct {
		name  string
		brake *tenancy.Brake
		after time.Duration
		held  int // 0: it ends
	}{
		{"first", two, 0, 0},
		{"approved", nil, time.Minute, 0},
		{"retained", two, 10 * time.Minute, 0},
		{"third", two, 59 * time.Minute, 2},
		{"more", &tenancy.Brake{PerHour: 3}, 59 * time.Minute, 0},
		{"fourth", two, 60 * time.Minute, 2},                       // the first one does not count any more
		{"fifth", two, 70 * time.Minute, 0},                        // nor the second
		{"few", &tenancy.Brake{Live: 20}, 71 * time.Minute, 0},     // ten may in any case
		{"seventh", two, 100 * time.Hour, 0},                       // nothing counts after a long time
		{"eighth", &tenancy.Brake{PerHour: 1}, 100 * time.Hour, 1}, // a smaller limit applies at once
		{"ninth", two, 50 * time.Hour, 0},                          // a clock was ahead
		{"tenth", two, 50*time.Hour + time.Minute, 2},
		{"eleventh", two, 51*time.Hour + time.Second, 0},
	} {
		err := end(test.name, test.brake, now.Add(test.after))
		var held *tenancy.HeldError
		switch {
		case test.held == 0 && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.held > 0 && (!errors.As(err, &held) || held.Limit != test.held):
			t.Errorf("%s: error %v, want that it is held by the limit %d", test.name, err, test.held)
		case test.held > 0 && (d.find(test.name).State != tenancy.StateLive || !d.find(test.name).SchemaExists):
			t.Errorf("%s is held but not live", test.name)
		}
	}
}

// Without a limit of the Platform, one in twenty of the Tenants that were live when the hour began may end.
func TestBrakeWithoutALimit(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	ended := 0
	for live := 240; ; live-- {
		name := fmt.Sprintf("t%d", live)
		d.create(spec(name))
		if _, err := d.store.Drop(t.Context(), d.find(name), &tenancy.Brake{Live: live}, now); err != nil {
			var held *tenancy.HeldError
			if !errors.As(err, &held) || held.Limit != 12 || ended != 12 {
				t.Errorf("after %d deletions: %v", ended, err)
			}
			return
		}
		ended++
	}
}

// Operators that delete at the same time do not exceed the limit together, and a deletion that is held has changed nothing.
func TestBrakeOfTwoOperators(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	stores := []*tenancy.Store{d.store, tenancytest.Open(t, d.Database, tenancy.Options{MaxClockSkew: anySkew})}
	const tenants, limit = 40, 7
	for i := range tenants {
		d.create(spec(fmt.Sprintf("t%d", i)))
	}
	var group errgroup.Group
	var ended atomic.Int32
	for i := range tenants {
		group.Go(func() error {
			name := fmt.Sprintf("t%d", i)
			row, err := stores[i%2].Find(context.Background(), name)
			if err != nil {
				return err
			}
			_, err = stores[i%2].Retain(context.Background(), row, deletedTenant, &tenancy.Brake{PerHour: limit, Live: tenants}, now, now.AddDate(0, 0, 30))
			var held *tenancy.HeldError
			if errors.As(err, &held) {
				return nil
			}
			ended.Add(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	count, err := d.store.CountTenants(t.Context())
	if err != nil || ended.Load() != limit || count != (tenancy.Count{Live: tenants - limit, Tombstones: limit}) {
		t.Errorf("%d ended, and the registry has %+v, error %v", ended.Load(), count, err)
	}
}
