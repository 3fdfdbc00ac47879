// Package report formats the results of a benchmark as Markdown and JSON.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Report contains all results.
type Report struct {
	Date    time.Time `json:"date"`
	Command string    `json:"command"`
	Machine Machine   `json:"machine"`
	Figures []*Figure `json:"figures"`
	CPU     []*CPU    `json:"cpu"`
	// Processes are the keys of CPU.Milliseconds, in the order of the table.
	Processes []string `json:"-"`
}

// Append adds the results of another report. The description of the first one that is appended counts.
func (r *Report) Append(other Report) {
	if len(r.Figures) == 0 {
		*r = other
		return
	}
	r.Figures, r.CPU = append(r.Figures, other.Figures...), append(r.CPU, other.CPU...)
}

// CPU is the CPU time that each process uses for one operation.
type CPU struct {
	What string `json:"what"`
	// Milliseconds by process.
	Milliseconds map[string]float64 `json:"milliseconds"`
}

// Machine describes the machine of the measurement.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	Memory     string `json:"memory"`
	Kernel     string `json:"kernel"`
	Disk       string `json:"disk"`
	Load       string `json:"load"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
	Kubernetes string `json:"kubernetes"`
	Revision   string `json:"revision"`
}

// Publish writes the report to out as Markdown, to a file as JSON, and between the markers of a Markdown file. The paths
// may be empty.
func (r *Report) Publish(out io.Writer, jsonPath, markdownPath string) error {
	text := r.markdown()
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if jsonPath != "" {
		content, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("write the report as JSON: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(jsonPath), 0o755); err != nil {
			return fmt.Errorf("create a folder for the report as JSON: %w", err)
		}
		if err := os.WriteFile(jsonPath, append(content, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the report as JSON: %w", err)
		}
	}
	if markdownPath != "" {
		return replaceBetweenMarkers(markdownPath, text)
	}
	return nil
}

// The markers around the results in a file.
const (
	beginMarker = "<!-- Results: written by make bench -->\n"
	endMarker   = "<!-- End of results -->\n"
)

func replaceBetweenMarkers(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the file of the results: %w", err)
	}
	before, rest, found := strings.Cut(string(content), beginMarker)
	_, after, ended := strings.Cut(rest, endMarker)
	if !found || !ended {
		return errors.New(path + " has no markers for the results")
	}
	if err := os.WriteFile(path, []byte(before+beginMarker+"\n"+text+"\n"+endMarker+after), 0o644); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

func (r *Report) markdown() string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "Measured on %s by `%s` on %s, %d cores, %s, Linux %s, %s; PostgreSQL %s; Kubernetes %s; %s; sources %s; load average before: %s.\n\n",
		r.Date.Format(time.DateOnly), r.Command, m.CPU, m.Cores, m.Memory, m.Kernel, m.Disk, m.PostgreSQL, m.Kubernetes, m.Go, m.Revision, m.Load)
	b.WriteString("| What | EchoBlogs | Limit | | Ratio | Target |\n| --- | ---: | --- | ---: | ---: | --- |\n")
	for _, f := range r.Figures {
		limits := f.Limits
		if len(limits) == 0 {
			limits = []Limit{{}}
		}
		for i, l := range limits {
			what, value, targets := "", "", ""
			if i == 0 {
				what, value, targets = f.What, number(f.Value, f.Unit), f.targets()
			}
			limitValue, ratio := "", ""
			if l.What != "" {
				limitValue, ratio = number(l.Value, f.Unit), fmt.Sprintf("%.2f", l.Ratio)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", what, value, l.What, limitValue, ratio, targets)
		}
	}
	b.WriteString("\nCPU time of one operation in milliseconds, by process:\n\n| |")
	for _, part := range r.Processes {
		fmt.Fprintf(&b, " %s |", part)
	}
	b.WriteString(" all |\n| --- |" + strings.Repeat(" ---: |", len(r.Processes)+1) + "\n")
	for _, use := range r.CPU {
		fmt.Fprintf(&b, "| %s |", use.What)
		var all float64
		for _, part := range r.Processes {
			fmt.Fprintf(&b, " %.2f |", use.Milliseconds[part])
			all += use.Milliseconds[part]
		}
		fmt.Fprintf(&b, " %.2f |\n", all)
	}
	return b.String()
}

func (f *Figure) targets() string {
	texts := make([]string, len(f.Targets))
	for i, a := range f.Targets {
		texts[i] = a.What + ": met"
		if !a.Met {
			texts[i] = a.What + ": **missed**"
		}
	}
	return strings.Join(texts, "; ")
}

// number formats a value with three significant digits and its unit.
func number(value float64, unit string) string {
	var text string
	switch {
	case value == float64(int64(value)) || value >= 100:
		text = fmt.Sprintf("%.0f", value)
	case value >= 10:
		text = fmt.Sprintf("%.1f", value)
	default:
		text = fmt.Sprintf("%.2f", value)
	}
	if unit == "" || strings.HasPrefix(unit, "/") {
		return text + unit
	}
	return text + " " + unit
}
