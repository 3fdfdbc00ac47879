//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// many is how many Tenants are created at once, and rest how long the programs are observed when they have nothing to do.
const (
	many = 200
	rest = 30 * time.Second
)

// createMany creates many Tenants at once, and logs what the programs use meanwhile and afterwards.
func (p *product) createMany(prefix string) {
	p.t.Helper()
	p.logUsage(fmt.Sprintf("during the creation of %d Tenants", many), func() { p.createTenants(prefix, many) })
	p.logUsage("at rest", func() { time.Sleep(rest) })
}

// deleteMany deletes the Tenants of createMany, with the brake off meanwhile.
func (p *product) deleteMany(prefix string) {
	p.t.Helper()
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"protection":{"maxDeletionsPerHour":1000000}}}`)
	arguments := []string{"delete", "tenants", "--wait=false"}
	for i := range many {
		arguments = append(arguments, fmt.Sprintf("%s%d", prefix, i))
	}
	began := time.Now()
	p.kubectl(arguments...)
	p.wait("they are deleted", func(context.Context) error {
		if left := p.kubectl("get", "tenants", "--output=jsonpath={.items[?(@.metadata.deletionTimestamp)].metadata.name}"); left != "" {
			return fmt.Errorf("there are still %s", left)
		}
		return nil
	})
	p.t.Logf("%d Tenants were deleted after %.1f s", many, time.Since(began).Seconds())
	p.kubectl("patch", "platform", "default", "--type=merge", "--patch", `{"spec":{"protection":null}}`)
}

// usage is what a process uses: processor time since its start, and resident memory, now and at most since the last look.
type usage struct {
	processor    time.Duration
	memory, peak int // in KiB
}

// logUsage logs what each process of the product uses while something happens.
func (p *product) logUsage(when string, happens func()) {
	p.t.Helper()
	before, began := p.usage(), time.Now()
	happens()
	took := time.Since(began)
	after := p.usage()
	for _, process := range slices.Sorted(maps.Keys(after)) {
		u := after[process]
		p.t.Logf("%s, for %.1f s: %s used %.2f s of processor time, and at most %d MiB of memory, at the end %d MiB",
			when, took.Seconds(), process, (u.processor - before[process].processor).Seconds(), u.peak>>10, u.memory>>10)
	}
}

// usageScript prints the ID and name of each process of the product, its processor time by itself and in the kernel in 1/100 s,
// its largest and its present resident memory in KiB, and resets the largest.
const usageScript = `for file in $(grep --files-with-matches --text --extended-regexp '^/(operator|blog|portal)' /proc/[0-9]*/cmdline 2>/dev/null); do
	process=${file%/cmdline}
	echo "${process#/proc/} $(cut -d ' ' -f 2,14,15 $process/stat) $(awk '/^Vm(HWM|RSS):/ { print $2 }' $process/status | tr '\n' ' ')"
	echo 5 >$process/clear_refs
done`

// usage returns what each process of the product uses, by its name and ID.
func (p *product) usage() map[string]usage {
	p.t.Helper()
	output, err := p.Run(p.t.Context(), "sh", "-c", usageScript)
	if err != nil {
		p.t.Fatalf("read what the processes use: %v", err)
	}
	found := make(map[string]usage)
	for line := range strings.Lines(string(output)) {
		var (
			id, user, system int
			name             string
			u                usage
		)
		if _, err := fmt.Sscan(line, &id, &name, &user, &system, &u.peak, &u.memory); err != nil {
			p.t.Fatalf("read what a process uses from %q: %v", line, err)
		}
		u.processor = time.Duration(user+system) * 10 * time.Millisecond
		found[fmt.Sprintf("%s %d", strings.Trim(name, "()"), id)] = u
	}
	return found
}
