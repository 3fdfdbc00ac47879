package naming_test

import (
	"testing"

	"github.com/echoblogs/echoblogs/internal/naming"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"hello": "hello.md", "aux": "aux_.md", "con": "con_.md", "nul": "nul_.md", "prn": "prn_.md", "com1": "com1_.md", "lpt9": "lpt9_.md",
		"com0": "com0_.md", "AUX": "AUX_.md", "aux-post": "aux-post.md", "com10": "com10.md", "com": "com.md", "auxiliary": "auxiliary.md",
	} {
		if got := naming.FileName(name, ".md"); got != want {
			t.Errorf("the file of %s is %s, want %s", name, got, want)
		}
	}
}
