package diff_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/echoblogs/echoblogs/internal/content/diff"
)

// text returns a diff as lines with their kinds.
func text(lines []diff.Line) string {
	var text strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&text, "%c%s|", line.Kind, line.Text)
	}
	return text.String()
}

func TestLines(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ before, after, want string }{
		"nothing":            {"", "", ""},
		"the same":           {"a\nb", "a\nb", " a| b|"},
		"all added":          {"", "a\nb", "+a|+b|"},
		"all removed":        {"a\nb", "", "-a|-b|"},
		"one changed":        {"a\nb\nc", "a\nx\nc", " a|-b|+x| c|"},
		"one added":          {"a\nc", "a\nb\nc", " a|+b| c|"},
		"one removed":        {"a\nb\nc", "a\nc", " a|-b| c|"},
		"moved":              {"a\nb\nc\nd", "d\na\nb\nc", "+d| a| b| c|-d|"},
		"a line end":         {"a\n", "a", " a|-|"},
		"paragraphs":         {"One.\n\nTwo.\n\nThree.", "One.\n\nNew.\n\nThree.", " One.| |-Two.|+New.| | Three.|"},
		"a paragraph added":  {"One.\n\nThree.", "One.\n\nTwo.\n\nThree.", " One.| |+Two.|+| Three.|"},
		"lines that repeat":  {"x\nx\ny\nx", "x\ny\nx\nx", " x|-x| y|+x| x|"},
		"nothing in common":  {"a\na\nb", "c\nc\nd", "-a|-a|-b|+c|+c|+d|"},
		"one for several":    {"a\na\na\na", "a", " a|-a|-a|-a|"},
		"windows line ends":  {"a\r\nb", "a\nb", "-a\r|+a| b|"},
		"a swap of unique":   {"a\nb", "b\na", "-a| b|+a|"},
		"a line less":        {"x\ny\nx\ny\nx", "y\nx\ny\nx\ny", "-x| y| x| y| x|+y|"},
		"what is all blanks": {"\n\n", "\n", " | |-|"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := diff.Lines(test.before, test.after)
			checkDiff(t, test.before, test.after, lines)
			if got := text(lines); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	want := []diff.Line{{diff.Both, "a", 1, 1}, {diff.Removed, "b", 2, 0}, {diff.Added, "x", 0, 2}, {diff.Added, "y", 0, 3}, {diff.Both, "c", 3, 4}}
	if diff := cmp.Diff(want, diff.Lines("a\nb\nc", "a\nx\ny\nc")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// checkDiff checks that a diff leads from one text to the other.
func checkDiff(t *testing.T, before, after string, lines []diff.Line) {
	t.Helper()
	var was, is []string
	for _, line := range lines {
		if line.Kind != diff.Added {
			if was = append(was, line.Text); line.Before != len(was) {
				t.Fatalf("the line %q is number %d before, want %d", line.Text, line.Before, len(was))
			}
		}
		if line.Kind != diff.Removed {
			if is = append(is, line.Text); line.After != len(is) {
				t.Fatalf("the line %q is number %d after, want %d", line.Text, line.After, len(is))
			}
		}
	}
	if strings.Join(was, "\n") != before || strings.Join(is, "\n") != after {
		t.Fatalf("the diff of %q and %q is %q", before, after, text(lines))
	}
}

// A line that occurs once is found among any number of changed ones.
func TestAnchors(t *testing.T) {
	t.Parallel()
	before, after := strings.Repeat("a\nb\n", 1000)+"middle\n"+strings.Repeat("c\nd\n", 1000), strings.Repeat("e\nf\n", 1000)+"middle\n"+strings.Repeat("g\nh\n", 1000)
	lines := diff.Lines(before, after)
	checkDiff(t, before, after, lines)
	if !strings.Contains(text(lines), " middle|") {
		t.Error("the line in the middle is not in both texts")
	}
}

// Every diff leads from one text to the other.
func TestRandomTexts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	lines := func() (lines []string) {
		for range random.IntN(12) {
			lines = append(lines, strings.Repeat(string(rune('a'+random.IntN(3))), 2)) // each occurs several times, or is an anchor
		}
		return lines
	}
	for range 20_000 {
		before, after := strings.Join(lines(), "\n"), strings.Join(lines(), "\n")
		checkDiff(t, before, after, diff.Lines(before, after))
	}
}

// However texts differ, a comparison takes little time and memory.
func TestTimeIsBounded(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	random := rand.New(rand.NewPCG(1, 2))
	few := func(kinds int) string {
		var text strings.Builder
		for text.Len() < size {
			text.WriteString(string(rune('a'+random.IntN(kinds))) + "\n")
		}
		return text.String()
	}
	numbered := func(step int) string {
		var text strings.Builder
		for i := 0; text.Len() < size; i += step {
			fmt.Fprintf(&text, "%d\n", i)
		}
		return text.String()
	}
	for name, test := range map[string]struct{ before, after string }{
		"two kinds of lines": {few(2), few(2)},
		"many kinds":         {few(20), few(20)},
		"no line in common":  {strings.Repeat("a\n", size/2), strings.Repeat("b\n", size/2)},
		"blank lines":        {strings.Repeat("\n", size), strings.Repeat("\n", size/2)},
		"numbers":            {numbered(1), numbered(2)},
		"reversed":           {numbered(1), reversed(numbered(1))},
		"ever more anchors":  {nested(100_000), nested(100_000) + "\nz"},
		"every other line":   {strings.ReplaceAll(numbered(1), "\n", "\n\n"), numbered(1)},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			checkDiff(t, test.before, test.after, diff.Lines(test.before, test.after))
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("the comparison took %s", took)
			} else {
				t.Logf("%s", took)
			}
		})
	}
}

// nested returns lines of which each pair occurs once only after those around it have divided the text.
func nested(n int) string {
	var head, tail []string
	for i := range n {
		head = append(head, fmt.Sprint(i))
		tail = append(tail, fmt.Sprint(n-i), fmt.Sprint(n-i-1))
	}
	return strings.Join(append(head, tail...), "\n")
}

func reversed(text string) string {
	lines := strings.Split(text, "\n")
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return strings.Join(lines, "\n")
}
