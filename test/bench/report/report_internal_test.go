package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMarkdownHasARowForEachLimit(t *testing.T) {
	t.Parallel()
	figures := []*Figure{
		NewFigure("Creations", "/s", 70).WithLimit("plain SQL", []float64{140}).RatioAtLeast(0.4).WithLimit("the API writes", []float64{200}),
		NewFigure("Memory", "MiB", 123.4),
	}
	text := (&Report{Figures: figures}).markdown()
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

func TestReplaceBetweenMarkers(t *testing.T) {
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
