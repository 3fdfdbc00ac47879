package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/application/blog"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/bench/report"
)

// measureRestart restarts the operator when no Tenant needs a change.
func (s series) measureRestart(ctx context.Context) error {
	b := s.grown
	if len(b.fleet) == 0 {
		return nil
	}
	b.progress.say("A restart of the operator, %s", s.exist())
	if err := b.awaitCount(ctx); err != nil {
		return err
	}
	r, err := b.restart(ctx)
	if err != nil {
		return err
	}
	b.add("Start of the operator until all are reconciled, "+s.exist(), "ms", report.Milliseconds(r.took)).AtMost(5000)
	b.add("Writes to the API server by that, "+s.exist(), "", sumOf(r.writes)).AtMost(0)
	b.add("Memory of the operator after that, "+s.exist(), "MiB", r.memory).AtMost(200)
	return nil
}

// awaitCount waits until the Platform counts the fleet and no other Tenants. The operator writes its count some time after
// a change, and a restart must not measure that.
func (b *benchmark) awaitCount(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		answer, err := b.stack.client.Get().AbsPath(fmt.Sprintf(platformPath, namespace, v1alpha1.DefaultPlatform)).DoRaw(ctx)
		if err != nil {
			return fmt.Errorf("read the Platform: %w", err)
		}
		var platform v1alpha1.Platform
		if err := json.Unmarshal(answer, &platform); err != nil {
			return fmt.Errorf("read the Platform: %w", err)
		}
		if counts := platform.Status.Tenants; counts != nil && int(counts.Total) == len(b.fleet) && counts.Active == counts.Total {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the Platform does not count %d Tenants: %w", len(b.fleet), ctx.Err())
		case <-look.C:
		}
	}
}

// measureCheck reads what the operator reads every minute: all rows, with the defects of their schemas.
func (s series) measureCheck(ctx context.Context) error {
	b := s.grown
	pool, err := postgres.NewPool(b.stack.databases.operator[platformDatabase], postgres.PoolOptions{MaxConns: 1})
	if err != nil {
		return err
	}
	defer pool.Close()
	read := func() error {
		return readAll(ctx, tenancy.NewInspector(pool, tenancy.Options{Application: blog.Application}), len(b.fleet))
	}
	if err := read(); err != nil { // connects, and fills the caches of the connection
		return err
	}
	var took, cpu []float64
	for range b.sizes.rounds {
		use := cpuUse{stack: b.stack, server: b.stack.blog.PID()}
		before, start := use.cpuTimes()[databaseServer], time.Now()
		if err := read(); err != nil {
			return err
		}
		took = append(took, report.Milliseconds(time.Since(start)))
		cpu = append(cpu, report.Milliseconds(use.cpuTimes()[databaseServer]-before))
	}
	b.add("Reads of the check of every minute, "+s.exist(), "ms", took...)
	b.add("CPU time of PostgreSQL for them, "+s.exist(), "ms", cpu...)
	return nil
}

// readAll reads all rows in pages, as the operator does.
func readAll(ctx context.Context, registry tenancy.Inspector, want int) error {
	const pageSize = 1000
	read, after := 0, ""
	for {
		page, err := registry.List(ctx, after, pageSize)
		if err != nil {
			return err
		}
		if read += len(page); len(page) < pageSize {
			break
		}
		after = page[len(page)-1].Name
	}
	if read != want {
		return fmt.Errorf("the check reads %d rows, and %d Tenants exist", read, want)
	}
	return nil
}

// measureMemory reads the memory of every program, and of the largest backend of PostgreSQL.
func (s series) measureMemory(context.Context) error {
	b := s.grown
	pids := map[string]int{"operator": b.stack.operator.PID(), pageServer: b.stack.blog.PID()}
	for _, p := range b.stack.controlPlane.Processes() {
		pids[p.Name()] = p.PID()
	}
	for _, part := range parts {
		if pids[part] == 0 {
			continue
		}
		memory, err := memoryOf(pids[part], "VmRSS")
		if err != nil {
			return err
		}
		b.add(fmt.Sprintf("Memory of %s, %s", part, s.exist()), "MiB", memory)
	}
	largest, err := largestBackend(b.stack.postgres.PID())
	if err != nil {
		return err
	}
	b.add("Private memory of the largest backend of PostgreSQL, "+s.exist(), "MiB", largest)
	return nil
}

// largestBackend returns the private memory of the child of a process that has most of it, in MiB.
func largestBackend(postmaster int) (float64, error) {
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", postmaster))
	if err != nil {
		return 0, fmt.Errorf("list the backends: %w", err)
	}
	largest := 0.0
	for _, path := range children {
		content, err := os.ReadFile(path)
		if err != nil {
			return 0, fmt.Errorf("list the backends: %w", err)
		}
		for field := range strings.FieldsSeq(string(content)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("list the backends: %w", err)
			}
			if memory, err := memoryOf(pid, "RssAnon"); err == nil { // it may have ended
				largest = max(largest, memory)
			}
		}
	}
	return largest, nil
}
