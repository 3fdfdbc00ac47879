package directory

import (
	"log/slog"
	"testing"
)

// The number of hosts is kept, not counted: a replica reports it after each notification.
func TestSizeFollowsChanges(t *testing.T) {
	t.Parallel()
	d, err := New(Options{DatabaseURI: "postgres://user:password@127.0.0.1:1/db", Name: "test", MetricsPrefix: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	with := func(i int, hosts ...string) Entry {
		entry := newEntry(i)
		entry.Hosts = hosts
		return entry
	}
	for _, step := range []struct {
		what           string
		change         func()
		tenants, hosts int
	}{
		{"two tenants", func() { d.put(with(1, "a", "b")); d.put(with(2, "c")) }, 2, 3},
		{"the same entry again", func() { d.put(with(1, "b", "a")) }, 2, 3},
		{"a further host", func() { d.put(with(2, "c", "d")) }, 2, 4},
		{"a host that moves", func() { d.put(with(2, "a", "c", "d")); d.put(with(1, "b")) }, 2, 4},
		{"a tenant that is not live", func() { d.put(with(2)) }, 1, 1},
		{"an unknown tenant that is removed", func() { d.remove(7) }, 1, 1},
		{"the last tenant", func() { d.remove(d.byID[2].ID) }, 0, 0},
	} {
		step.change()
		if len(d.byID) != step.tenants || d.hostCount != step.hosts {
			t.Errorf("%s: %d tenants and %d hosts, want %d and %d", step.what, len(d.byID), d.hostCount, step.tenants, step.hosts)
		}
	}
}
