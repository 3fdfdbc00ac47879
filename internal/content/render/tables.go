package render

import (
	"bytes"
	"regexp"
	"strconv"

	"github.com/yuin/goldmark/ast"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// tableStart begins a table in a box that scrolls and can be focused.
const tableStart = `<div class="table" tabindex="0"><table>`

func renderTable(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		_, _ = w.WriteString(tableStart + "\n")
	} else {
		_, _ = w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}

// labelTables makes the boxes of tables regions of the page with a name, which what can be focused needs. The policy lets neither
// attribute through, so that authors cannot make other regions.
func labelTables(sanitized []byte) []byte {
	parts := bytes.SplitAfter(sanitized, []byte(tableStart))
	last := len(parts) - 1
	if last == 0 {
		return sanitized
	}
	var labeled bytes.Buffer
	for i, part := range parts[:last] {
		labeled.Write(bytes.TrimSuffix(part, []byte("><table>")))
		labeled.WriteString(` role="region" aria-label="Table ` + strconv.Itoa(i+1) + `"><table>`)
	}
	labeled.Write(parts[last])
	return labeled.Bytes()
}

var (
	number = regexp.MustCompile(`^[+−-]?[0-9](?:[0-9.,'’\x{a0}\x{202f} ]*[0-9])?[\x{a0}\x{202f} ]?%?$`)
	// noNumber matches what stands where a number is missing.
	noNumber = regexp.MustCompile(`^[–—-]?$`)
)

// maxNumber is the length of the longest cell that is read as a number, in bytes.
const maxNumber = 40

// alignNumbers aligns the columns of numbers at their ends, where the author says nothing.
func alignNumbers(table *extensionast.Table, source []byte) {
	numbers := make([]int, len(table.Alignments)) // by column; -1: there is something else
	forEachCell(table, func(column int, cell *extensionast.TableCell) {
		if _, heading := cell.Parent().(*extensionast.TableHeader); heading || column >= len(numbers) || numbers[column] < 0 {
			return
		}
		switch found, empty := isNumber(cell, source); {
		case found:
			numbers[column]++
		case !empty:
			numbers[column] = -1
		}
	})
	forEachCell(table, func(column int, cell *extensionast.TableCell) {
		if column < len(numbers) && numbers[column] > 0 && cell.Alignment == extensionast.AlignNone {
			cell.Alignment = extensionast.AlignRight
		}
	})
}

func forEachCell(table *extensionast.Table, visit func(column int, cell *extensionast.TableCell)) {
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		column := 0
		for child := row.FirstChild(); child != nil; child = child.NextSibling() {
			if cell, ok := child.(*extensionast.TableCell); ok {
				visit(column, cell)
			}
			column++
		}
	}
}

// isNumber reports whether a cell has a number and nothing else, and whether it is empty instead.
func isNumber(cell *extensionast.TableCell, source []byte) (found, empty bool) {
	var content []byte
	for child := cell.FirstChild(); child != nil; child = child.NextSibling() {
		text, ok := child.(*ast.Text)
		if !ok || len(content)+text.Segment.Len() > maxNumber {
			return false, false
		}
		content = append(content, text.Segment.Value(source)...)
	}
	content = bytes.TrimSpace(content)
	return number.Match(content), noNumber.Match(content)
}
