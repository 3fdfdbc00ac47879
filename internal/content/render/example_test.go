package render_test

import (
	"fmt"

	"github.com/echoblogs/echoblogs/internal/content/render"
)

func ExampleMarkdown() {
	result, err := render.Markdown("# Down the rabbit hole\n\nAlice was *very* tired<script>alert(1)</script>.", render.Options{})
	if err != nil {
		panic(err)
	}
	fmt.Print(result.HTML)
	fmt.Println("Summary:", result.Summary)
	// Output:
	// <h2 id="down-the-rabbit-hole">Down the rabbit hole</h2>
	// <p>Alice was <em>very</em> tired.</p>
	// Summary: Alice was very tired.
}

func ExamplePlainText() {
	fmt.Println(render.PlainText("# Don't *panic* &amp; `run`"))
	// Output: Don't panic & run <nil>
}
