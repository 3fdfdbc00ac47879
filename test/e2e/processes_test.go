//go:build e2e

package e2e_test

import (
	"fmt"
	"strings"
)

// processes returns the IDs of the processes of a program, in ascending order. They are found without the API server.
func (p *product) processes(program string) []string {
	p.t.Helper()
	return p.findProcesses(fmt.Sprintf(`grep --files-with-matches --text '^/%s' /proc/[0-9]*/cmdline 2>/dev/null | cut -d / -f 3 | sort --numeric-sort`, program))
}

// processOf returns the ID of the process of a program in a pod.
func (p *product) processOf(program, pod string) string {
	p.t.Helper()
	found := p.findProcesses(fmt.Sprintf(`for file in $(grep --files-with-matches --text '^/%s' /proc/[0-9]*/cmdline 2>/dev/null); do
	process=${file%%/cmdline}
	grep --quiet --null-data '^HOSTNAME=%s$' "$process/environ" && echo "${process#/proc/}"
done; true`, program, pod))
	if len(found) != 1 {
		p.t.Fatalf("the processes of the pod %s are %q", pod, found)
	}
	return found[0]
}

func (p *product) findProcesses(script string) []string {
	p.t.Helper()
	output, err := p.Run(p.t.Context(), "sh", "-c", script)
	if err != nil {
		p.t.Fatalf("find processes: %v", err)
	}
	return strings.Fields(string(output))
}

// signal sends a signal, such as -KILL, to a process.
func (p *product) signal(signal, pid string) {
	p.t.Helper()
	if _, err := p.Run(p.t.Context(), "kill", signal, pid); err != nil {
		p.t.Fatalf("kill %s %s: %v", signal, pid, err)
	}
}
