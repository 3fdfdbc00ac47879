// What the keys and tools of the editor change in a Markdown text. Every function takes the text with its selection, and
// returns the change: what replaces the characters from start to end, and the selection after that. null: nothing to change.

/**
 * @typedef {{value: string, start: number, end: number}} Selection
 * @typedef {{start: number, end: number, text: string, select: [number, number]}} Change
 */

/** word returns the selection, or the word at the caret. */
function word({ value, start, end }) {
  if (start !== end) {
    return [start, end];
  }
  const before = value.slice(0, start).match(/[\p{L}\p{M}\p{N}_'’-]*$/u)[0];
  const after = value.slice(end).match(/^[\p{L}\p{M}\p{N}_'’-]*/u)[0];
  return [start - before.length, end + after.length];
}

/** lines returns the range of the whole lines of a selection. */
function lines({ value, start, end }) {
  const last = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const next = value.indexOf("\n", last);
  return [value.lastIndexOf("\n", start - 1) + 1, next < 0 ? value.length : next];
}

/** wrap puts a mark around the selection or the word at the caret, or removes it. */
export function wrap(selection, mark) {
  const { value } = selection;
  const [start, end] = word(selection);
  const inside = value.slice(start, end);
  const n = mark.length;
  if (isWrapped(value, start - n, end + n, mark)) {
    return { start: start - n, end: end + n, text: inside, select: [start - n, end - n] };
  }
  if (inside.length > 2 * n && isWrapped(value, start, end, mark)) {
    return { start, end, text: inside.slice(n, -n), select: [start, end - 2 * n] };
  }
  return { start, end, text: mark + inside + mark, select: [start + n, end + n] };
}

/** isWrapped reports whether the characters from start to end begin and end with a mark that is no part of a longer one. */
function isWrapped(value, start, end, mark) {
  const n = mark.length;
  if (start < 0 || end > value.length || value.slice(start, start + n) !== mark || value.slice(end - n, end) !== mark) {
    return false;
  }
  const count = (from, step) => {
    let i = from;
    while (value[i] === mark[0]) {
      i += step;
    }
    return Math.abs(i - from);
  };
  // All of the marks on each side: *** is both, and an asterisk of ** is half of one.
  const run = Math.min(count(start + n - 1, -1) + count(start + n, 1), count(end - n, 1) + count(end - n - 1, -1));
  return n === 2 ? run >= 2 : run % 2 === 1;
}

/** code makes the selection code: a fence if it has several lines. */
export function code(selection) {
  const { value, start, end } = selection;
  if (!value.slice(start, end).includes("\n")) {
    return wrap(selection, "`");
  }
  const [from, to] = lines(selection);
  const text = value.slice(from, to);
  const fenced = text.match(/^(`{3,})[^\n]*\n([\s\S]*)\n\1$/);
  if (fenced) {
    return { start: from, end: to, text: fenced[2], select: [from, from + fenced[2].length] };
  }
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return { start: from, end: to, text: `${fence}\n${text}\n${fence}`, select: [from + fence.length, from + fence.length] };
}

const kinds = {
  quote: { is: /^> ?/, mark: () => "> " },
  list: { is: /^(\s*)[-*+] (?!\[[ xX]\] )/, mark: () => "- " },
  ordered: { is: /^(\s*)\d{1,9}[.)] /, mark: (i) => `${i + 1}. ` },
  tasks: { is: /^(\s*)[-*+] \[[ xX]\] /, mark: () => "- [ ] " },
};

/** prefix begins each line of the selection as a quote, a list, an ordered list or a list of tasks, or stops doing so. */
export function prefix(selection, kind) {
  const [start, end] = lines(selection);
  const { is, mark } = kinds[kind];
  const before = selection.value.slice(start, end).split("\n");
  const filled = before.filter((line) => line.trim() !== "");
  let text;
  if (filled.length > 0 && filled.every((line) => is.test(line))) {
    text = before.map((line) => line.replace(is, "$1".repeat(kind === "quote" ? 0 : 1))).join("\n");
  } else {
    let i = 0;
    text = before.map((line) => (line.trim() === "" && before.length > 1 ? line : mark(i++) + withoutMark(line, kind))).join("\n");
  }
  const select = selection.start === selection.end ? [start + text.length, start + text.length] : [start, start + text.length];
  return { start, end, text, select };
}

/** withoutMark removes the mark of another kind of list, of which a line can have one. */
function withoutMark(line, kind) {
  if (kind === "quote") {
    return line;
  }
  for (const other of ["tasks", "list", "ordered"]) {
    if (kinds[other].is.test(line)) {
      return line.replace(kinds[other].is, "$1");
    }
  }
  return line;
}

/** heading makes the line a heading, of the next lower level each time, and text again after the third. */
export function heading({ value, start, end }) {
  const [from, to] = lines({ value, start, end });
  const line = value.slice(from, to);
  const marks = line.match(/^(#{1,6}) /);
  const level = marks ? marks[1].length : 1;
  const rest = marks ? line.slice(marks[0].length) : line;
  const text = level >= 4 ? rest : `${"#".repeat(level + 1)} ${rest}`;
  return { start: from, end: to, text, select: [from + text.length, from + text.length] };
}

/** isAddress reports whether text is the address of a page. */
export function isAddress(text) {
  return /^https?:\/\/[^\s<>"`]+$/i.test(text) && URL.canParse(text);
}

/** link makes the selection a link, with its address selected. If the selection is an address, it becomes the target. */
export function link(selection) {
  const { value } = selection;
  const [start, end] = word(selection);
  const text = value.slice(selection.start, selection.end);
  if (isAddress(text)) {
    return { start: selection.start, end: selection.end, text: `[](${text})`, select: [selection.start + 1, selection.start + 1] };
  }
  const label = value.slice(start, end).replace(/([\[\]])/g, "\\$1");
  const address = start + label.length + 3;
  return { start, end, text: `[${label}](url)`, select: [address, address + 3] };
}

/** pasteAddress makes the selection a link to a pasted address; not in code, and not over an address. */
export function pasteAddress({ value, start, end }, pasted) {
  const text = value.slice(start, end);
  const address = pasted.trim();
  if (text.trim() === "" || text.includes("\n") || !isAddress(address) || isAddress(text.trim()) || isInCode(value, start)) {
    return null;
  }
  const label = text.replace(/([\[\]])/g, "\\$1");
  const inserted = `[${label}](${address.replace(/[()]/g, encodeParenthesis)})`;
  return { start, end, text: inserted, select: [start + inserted.length, start + inserted.length] };
}

function encodeParenthesis(character) {
  return character === "(" ? "%28" : "%29";
}

/** isInCode reports whether a place is in a fence or in a span of code. */
export function isInCode(value, place) {
  const before = value.slice(0, place);
  let fence = "";
  for (const line of before.split("\n")) {
    const marks = line.match(/^ {0,3}(`{3,}|~{3,})/);
    if (!marks) {
      continue;
    }
    if (fence === "") {
      fence = marks[1];
    } else if (marks[1][0] === fence[0] && marks[1].length >= fence.length) {
      fence = "";
    }
  }
  const line = before.slice(before.lastIndexOf("\n") + 1);
  return fence !== "" || (line.match(/`/g) ?? []).length % 2 === 1;
}

const item = /^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+/;
// The marks of quotes at the beginning of a line, and that of an item in the innermost one.
const marks = /^((?:[ \t]*>[ \t]?)*)([ \t]*)([-*+][ \t]+(?:\[[ xX]\][ \t]+)?|(\d{1,9})([.)])[ \t]+)?/;

/** newline continues a list or a quote in the next line. In an empty item it ends the list, and in an empty line the quote. */
export function newline({ value, start, end }) {
  const from = value.lastIndexOf("\n", start - 1) + 1;
  const [all, quote, indent, mark, number, dot] = value.slice(from, start).match(marks);
  if ((!quote && !mark) || isInCode(value, from)) {
    return null;
  }
  const next = value.indexOf("\n", end);
  const lineEnd = next < 0 ? value.length : next;
  if (value.slice(from + all.length, lineEnd).trim() === "") {
    const text = mark ? quote + indent.slice(0, -2) : quote.replace(/[ \t]*>[ \t]?$/, "");
    return { start: from, end: lineEnd, text, select: [from + text.length, from + text.length] };
  }
  const text = `\n${quote}${indent}${number ? `${Number(number) + 1}${dot} ` : (mark ?? "").replace(/\[[xX]\]/, "[ ]")}`;
  return { start, end, text, select: [start + text.length, start + text.length] };
}

/** indent moves the items of a list in the selection in or out by one level. null: the caret is in no list. */
export function indent(selection, out) {
  const [start, end] = lines(selection);
  const before = selection.value.slice(start, end).split("\n");
  if (!before.some((line) => item.test(line))) {
    return null;
  }
  const after = before.map((line) => (out ? line.replace(/^ {1,4}|^\t/, "") : line === "" ? line : `${" ".repeat(width(line))}${line}`));
  const text = after.join("\n");
  const moved = after[0].length - before[0].length;
  const caret = Math.max(start, selection.start + moved);
  const select = selection.start === selection.end ? [caret, caret] : [start, start + text.length];
  return { start, end, text, select };
}

/** width is how far the content of an item stands in: an item below it needs as much (CommonMark 0.31, list items). */
function width(line) {
  return /^\s*\d/.test(line) ? 3 : 2;
}

/**
 * insert puts text into lines of its own, with the selection in it given as offsets. Without them, the caret is behind the text: in the
 * next paragraph, if nothing follows.
 */
export function insert({ value, start, end }, text, from = value.slice(end).trim() === "" ? text.length + 2 : text.length, to = from) {
  const before = start === 0 || value.slice(0, start).endsWith("\n\n") ? "" : value[start - 1] === "\n" ? "\n" : "\n\n";
  const after = value.slice(end).startsWith("\n") ? "\n" : "\n\n";
  const offset = start + before.length;
  return { start, end, text: before + text + after, select: [offset + from, offset + to] };
}

/** table is a table of cells, as they are pasted from a spreadsheet. null: the text is not one, such as lines that a tab indents. */
export function table(pasted) {
  const rows = pasted.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((row) => row.split("\t"));
  if (rows[0].length < 2 || rows.some((row) => row.length !== rows[0].length) || rows.every(([first]) => first.trim() === "")) {
    return null;
  }
  const write = (cells) => `| ${cells.map((cell) => cell.trim().replace(/\|/g, "\\|")).join(" | ")} |`;
  return [write(rows[0]), write(rows[0].map(() => "---")), ...rows.slice(1).map(write)].join("\n");
}

/** footnote adds a reference at the caret, and its note at the end of the text. */
export function footnote({ value, end }) {
  const used = new Set(Array.from(value.matchAll(/\[\^(\d+)\]/g), (found) => Number(found[1])));
  let number = 1;
  while (used.has(number)) {
    number++;
  }
  const tail = value.slice(end).replace(/\n+$/, "");
  const text = `[^${number}]${tail}\n\n[^${number}]: `;
  return { start: end, end: value.length, text, select: [end + text.length, end + text.length] };
}
