package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/test/bench/report"
)

// parts are the processes whose CPU time is measured, in the order of the report.
var parts = []string{"operator", pageServer, databaseServer, "kube-apiserver", "etcd", "kube-controller-manager", ownProcess}

const (
	// pageServer is the blog, or the bare handler that replaces it.
	pageServer = "blog"
	// databaseServer is PostgreSQL with all its backends.
	databaseServer = "PostgreSQL"
	// ownProcess is this program.
	ownProcess = "this benchmark"
)

// cpuUse is the CPU time that each part uses for one Tenant, or one request.
type cpuUse struct {
	report.CPU
	stack  *stack
	server int // the process ID of the pageServer
	count  int
	total  map[string]time.Duration
}

func (b *benchmark) newCPUUse(what string, args ...any) *cpuUse {
	u := &cpuUse{CPU: report.CPU{What: fmt.Sprintf(what, args...), Milliseconds: map[string]float64{}}, stack: b.stack, server: b.stack.blog.PID(), total: map[string]time.Duration{}}
	b.cpu = append(b.cpu, &u.CPU)
	return u
}

// start starts a measurement. The returned function ends it, for a number of Tenants or requests.
func (u *cpuUse) start() (stop func(count int)) {
	before := u.cpuTimes()
	return func(count int) {
		u.count += count
		for part, after := range u.cpuTimes() {
			u.total[part] += after - before[part]
			u.Milliseconds[part] = report.Milliseconds(u.total[part]) / float64(u.count)
		}
	}
}

// cpuTimes returns the CPU time that each part has used so far.
func (u *cpuUse) cpuTimes() map[string]time.Duration {
	pids := map[string]int{
		"operator": u.stack.operator.PID(), pageServer: u.server, databaseServer: u.stack.postgres.PID(), ownProcess: os.Getpid(),
	}
	for _, p := range u.stack.controlPlane.Processes() {
		pids[p.Name()] = p.PID()
	}
	times := map[string]time.Duration{}
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return times // the pattern is constant and valid
	}
	for _, path := range all {
		stat, err := readStat(path)
		if err != nil {
			continue // the process has just ended
		}
		for part, pid := range pids {
			switch {
			case stat.pid == pid && part == databaseServer:
				times[part] += stat.own + stat.ended // including closed connections
			case stat.pid == pid, stat.parent == pid && part == databaseServer:
				times[part] += stat.own
			}
		}
	}
	return times
}

// sessionsTime returns the CPU time that the open sessions of a PostgreSQL have used so far. Autovacuum is not among them, which works
// once a minute on what has changed: a batch of Tenants has all of its work for some tables, or none.
func sessionsTime(postmaster int) (total time.Duration) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0 // the pattern is constant and valid
	}
	for _, path := range all {
		stat, err := readStat(path)
		if err != nil || stat.parent != postmaster {
			continue
		}
		title, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && strings.Contains(string(title), "127.0.0.1(") { // the address of its client
			total += stat.own
		}
	}
	return total
}

// stat is the state of a process in /proc, see proc_pid_stat(5).
type stat struct {
	pid, parent int
	own, ended  time.Duration // of CPU time: its own, and that of children that have ended
}

func readStat(path string) (stat, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return stat{}, err
	}
	// The name of the program, in parentheses, may contain any character.
	text := string(content)
	before, after := text[:strings.IndexByte(text, ' ')], strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(after) < 15 {
		return stat{}, fmt.Errorf("%s has an unexpected format", path)
	}
	var s stat
	if s.pid, err = strconv.Atoi(before); err != nil {
		return stat{}, err
	}
	if s.parent, err = strconv.Atoi(after[1]); err != nil {
		return stat{}, err
	}
	var ticks [4]int64
	for i := range ticks {
		if ticks[i], err = strconv.ParseInt(after[11+i], 10, 64); err != nil {
			return stat{}, err
		}
	}
	const tick = time.Second / 100 // USER_HZ on all common architectures
	s.own, s.ended = time.Duration(ticks[0]+ticks[1])*tick, time.Duration(ticks[2]+ticks[3])*tick
	return s, nil
}
