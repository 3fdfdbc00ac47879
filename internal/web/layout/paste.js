// Rich text of the clipboard as Markdown. What Markdown has no form for becomes its text.

const longest = 1 << 20; // characters of HTML; the plain text is pasted then

/** fromHTML returns Markdown for HTML. null: the plain text says the same. */
export function fromHTML(html) {
  if (html.length > longest) {
    return null;
  }
  const { body } = new DOMParser().parseFromString(html, "text/html"); // runs no script and loads nothing
  // Editors of code copy colors, in an element that keeps white space.
  const isCode = body.firstElementChild?.style.whiteSpace.startsWith("pre") && body.querySelector("a,li,h1,h2,h3,table") === null;
  if (isCode || !body.querySelector("a[href],b,strong,i,em,h1,h2,h3,h4,h5,h6,ul,ol,blockquote,pre,code,table,del,s,img,[style*=font-weight],[style*=italic]")) {
    return null;
  }
  const markdown = blocks(body).join("\n\n").trim();
  return markdown === "" ? null : markdown;
}

const block = /^(ADDRESS|ARTICLE|ASIDE|BLOCKQUOTE|DIV|DL|DT|DD|FIGURE|FOOTER|H[1-6]|HEADER|HR|LI|MAIN|NAV|OL|P|PRE|SECTION|TABLE|UL)$/;
const ignored = /^(SCRIPT|STYLE|TEMPLATE|META|LINK|TITLE|HEAD|BUTTON|SELECT|TEXTAREA|IFRAME|OBJECT)$/;

/** blocks returns the blocks in an element. Text between them is a paragraph. */
function blocks(element) {
  const found = [];
  let line = "";
  const end = () => {
    const text = line.replace(/[ \t]*\n[ \t]*/g, "\n").replace(/[ \t]{2,}/g, " ").trim();
    if (text !== "") {
      found.push(escapeStart(text));
    }
    line = "";
  };
  for (const node of element.childNodes) {
    // Google Docs wraps everything into <b style="font-weight:normal">.
    if (node.nodeType === Node.ELEMENT_NODE && !ignored.test(node.nodeName) && (block.test(node.nodeName) || hasBlocks(node))) {
      end();
      found.push(...blockOf(node));
    } else {
      line += inline(node);
    }
  }
  end();
  return found;
}

function hasBlocks(element) {
  return element.nodeName !== "A" && [...element.querySelectorAll("*")].some((inside) => block.test(inside.nodeName));
}

function blockOf(element) {
  const { nodeName } = element;
  const level = nodeName.match(/^H([1-6])$/);
  switch (true) {
    case level !== null: {
      const text = [...element.childNodes].map(inline).join("").replace(/\s+/g, " ").trim();
      // The title of the post is the only heading of the first level.
      return text === "" ? [] : [`${"#".repeat(Math.max(2, Number(level[1])))} ${text.replace(/^(\*\*|__)(.*)\1$/, "$2")}`];
    }
    case nodeName === "UL" || nodeName === "OL":
      return [list(element)].filter((text) => text !== "");
    case nodeName === "BLOCKQUOTE":
      return [blocks(element).join("\n\n").replace(/^/gm, "> ").replace(/^> $/gm, ">")];
    case nodeName === "PRE":
      return [fence(element.textContent.replace(/\n$/, ""))];
    case nodeName === "HR":
      return ["* * *"];
    case nodeName === "TABLE":
      return table(element);
    default:
      return blocks(element);
  }
}

function list(element) {
  const ordered = element.nodeName === "OL";
  let number = ordered ? Math.max(0, Number.parseInt(element.getAttribute("start") ?? "1", 10) || 1) : 0;
  const items = [];
  for (const child of element.children) {
    if (child.nodeName === "UL" || child.nodeName === "OL") { // invalid HTML that word processors write
      const nested = list(child).replace(/^/gm, "  ");
      items.push(items.length > 0 ? `${items.pop()}\n${nested}` : nested.replace(/^ {2}/gm, ""));
      continue;
    }
    const mark = ordered ? `${number++}. ` : "- ";
    const box = child.querySelector(":scope > input[type=checkbox], :scope > label > input[type=checkbox]");
    const task = box ? (box.checked ? "[x] " : "[ ] ") : "";
    const parts = blocks(child);
    // The list stays without blank lines between its items.
    items.push(mark + task + parts.join(parts.some((part) => /^(```|\|)/.test(part)) ? "\n\n" : "\n").replace(/\n(?=[^\n])/g, `\n${" ".repeat(mark.length)}`));
  }
  return items.join("\n");
}

function fence(text) {
  const longestRun = Math.max(2, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const marks = "`".repeat(longestRun + 1);
  return `${marks}\n${text}\n${marks}`;
}

/** table returns a table, or the blocks of its cells if it has one column, as tables that only arrange a page. */
function table(element) {
  const rows = [...element.rows].map((row) => [...row.cells].map((cell) => blocks(cell).join(" ").replace(/\s*\n\s*/g, " ").replace(/(?<!\\)\|/g, "\\|")));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  if (columns < 2 || element.querySelector("table, ul, ol, pre, blockquote")) {
    return [...element.rows].flatMap((row) => [...row.cells].flatMap(blocks));
  }
  const write = (row) => `| ${Array.from({ length: columns }, (_, i) => row[i] ?? "").join(" | ")} |`;
  return [[write(rows[0]), write(Array(columns).fill("---")), ...rows.slice(1).map(write)].join("\n")];
}

/** inline returns a node in a line. */
function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) {
    return escape(node.data.replace(/[\s\u00a0]+/g, " "));
  }
  if (node.nodeType !== Node.ELEMENT_NODE || ignored.test(node.nodeName)) {
    return "";
  }
  const inside = () => [...node.childNodes].map(inline).join("");
  switch (node.nodeName) {
    case "BR":
      return "\n";
    case "A":
      return anchor(node, inside());
    case "CODE": case "KBD": case "SAMP": case "TT":
      return codeSpan(node.textContent);
    case "IMG":
      return image(node);
    case "DEL": case "S": case "STRIKE":
      return mark("~~", inside());
    case "SUP":
      return inside();
    default:
      return styled(node, inside());
  }
}

/** styled adds what an element's name or style says about its font. */
function styled(element, text) {
  const { style, nodeName } = element;
  const weight = style.fontWeight;
  const bold = weight === "" ? nodeName === "B" || nodeName === "STRONG" : weight === "bold" || Number(weight) >= 600;
  const italic = style.fontStyle === "" ? nodeName === "I" || nodeName === "EM" : style.fontStyle === "italic";
  const marked = italic ? mark("*", text) : text;
  return bold ? mark("**", marked) : marked;
}

/** mark puts marks around text, which must not begin or end with a space between them. */
function mark(marks, text) {
  const [, before, inside, after] = text.match(/^(\s*)([\s\S]*?)(\s*)$/);
  return inside === "" || inside.includes("\n") ? text : before + marks + inside + marks + after;
}

function codeSpan(text) {
  const line = text.replace(/\s+/g, " ");
  if (line.trim() === "") {
    return line;
  }
  const run = Math.max(0, ...Array.from(line.matchAll(/`+/g), (found) => found[0].length));
  const marks = "`".repeat(run + 1);
  const space = /^`|`$/.test(line) ? " " : "";
  return marks + space + line + space + marks;
}

function anchor(element, text) {
  const address = web(element.getAttribute("href") ?? "");
  const label = text.trim();
  if (address === "" || label === "") {
    return text;
  }
  return label === escape(address) ? `<${address}>` : `[${label.replace(/\n/g, " ")}](${address})`;
}

function image(element) {
  const address = web(element.getAttribute("src") ?? "");
  return address === "" ? "" : `![${escape(element.alt.replace(/\s+/g, " "))}](${address})`;
}

/** web returns an address that can stand in a link, or nothing. */
function web(address) {
  const trimmed = address.trim();
  if (!/^(https?:|mailto:)/i.test(trimmed) || !URL.canParse(trimmed)) {
    return "";
  }
  return new URL(trimmed).href.replace(/[()<>]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** escape marks the characters that Markdown would take for its own. */
function escape(text) {
  return text.replace(/[\\`*[\]]/g, "\\$&").replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_").replace(/<(?=[A-Za-z/!?])/g, "\\<").replace(/~~/g, "\\~~");
}

/** escapeStart does it for what has a meaning at the beginning of a line only. */
function escapeStart(text) {
  return text.replace(/^(#{1,6}(?=\s)|[-+>](?=\s)|={2,}$|-{3,}$)/gm, "\\$&").replace(/^(\d{1,9})([.)])(?=\s)/gm, "$1\\$2");
}
