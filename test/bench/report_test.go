package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdownHasARowForEachLimit(t *testing.T) {
	t.Parallel()
	b := &benchmark{}
	b.add("Creations", "/s", 70).beside("plain SQL", []float64{140}).ratioAtLeast(0.4).beside("the API writes", []float64{200})
	b.add("Memory", "MiB", 123.4)
	text := report{Figures: b.figures}.markdown()
	for _, row := range []string{
		"| Creations | 70/s | plain SQL | 140/s | 0.50 | ratio ≥ 0.4: met |\n",
		"|  |  | the API writes | 200/s | 0.35 |  |\n",
		"| Memory | 123 MiB |  |  |  |  |\n",
	} {
		if !strings.Contains(text, row) {
			t.Errorf("there is no row %q in:\n%s", row, text)
		}
	}
}

func TestResultsReplaceThoseBetweenTheMarkers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("before\n"+beginMarker+"old\n"+endMarker+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := replaceBetweenMarkers(path, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + beginMarker + "\nnew\n\n" + endMarker + "after\n"; string(content) != want {
		t.Errorf("the file is\n%s\nwant\n%s", content, want)
	}
	if err := os.WriteFile(path, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceBetweenMarkers(path, "new"); err == nil {
		t.Error("a file without markers was written to")
	}
}

func TestStatementsAreCountedFromTheLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	for range 10 {
		log.WriteString("2026-11-23 06:00:00.000 UTC [7] LOG:  execute <unnamed>: SELECT a\n\t\tFROM b WHERE c = $1\n" +
			"2026-11-23 06:00:00.000 UTC [7] DETAIL:  parameters: $1 = 'x'\n")
	}
	log.WriteString("2026-11-23 06:00:00.000 UTC [7] LOG:  statement: begin\n2026-11-23 06:00:00.000 UTC [7] LOG:  checkpoint starting: time\n")
	perTenant, others, err := countStatements(strings.NewReader(log.String()), 10)
	if err != nil || perTenant != 10 || others != 1 {
		t.Errorf("counted %g of the Tenants and %g others, %v; want 10 and 1", perTenant, others, err)
	}
}
