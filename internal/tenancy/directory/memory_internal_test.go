package directory

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"
)

// BenchmarkDirectoryMemory reports the memory that a replica holds for each of 10,000 tenants.
func BenchmarkDirectoryMemory(b *testing.B) {
	const tenants = 10_000
	for b.Loop() {
		before := heapInUse()
		d, err := New(Options{DatabaseURI: "postgres://user:password@127.0.0.1:1/db", Name: "test", MetricsPrefix: "test", Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		for i := range tenants {
			d.put(newEntry(i))
		}
		b.ReportMetric(float64(heapInUse()-before)/tenants, "bytes/tenant")
		runtime.KeepAlive(d)
		d.Close()
	}
}

// newEntry returns an entry like those that are read from the registry: each string has its own memory.
func newEntry(i int) Entry {
	name := fmt.Sprintf("tenant%05d", i)
	return Entry{
		ID: int64(i + 1), Name: name, SchemaName: fmt.Sprintf("tenant%05d", i), Owner: fmt.Sprintf("tenant%05d", i),
		DisplayName: fmt.Sprintf("The blog of tenant %d", i), PrimaryHost: name + ".example.com", Hosts: []string{name + ".example.com"},
		PaidUntil: time.Unix(1e9, 0), SuspendAt: time.Unix(2e9, 0),
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // the first one leaves the victims of sync.Pool
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
