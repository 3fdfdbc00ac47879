// The editor of a post. Without it, the page is a form that does the same with its buttons.
const form = document.querySelector("form.editor");
const { title, content } = form.elements;
const [markdown, { Saving }, { fromHTML }, { Uploads }, { take }] = await Promise.all(
  ["markdown", "saving", "paste", "upload", "handover"].map((name) => import(form.dataset[name])),
);

// --- Text

/** apply changes the text in one step of the browser's undo. */
function apply(change) {
  if (!change) {
    return;
  }
  const { start, end, text, select } = change;
  content.focus();
  if (start !== end || text !== "") {
    content.setSelectionRange(start, end);
    const done = text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text);
    if (!done) {
      content.setRangeText(text, start, end, "end");
      content.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
  }
  content.setSelectionRange(...select);
}

function selection() {
  return { value: content.value, start: content.selectionStart, end: content.selectionEnd };
}

const tools = {
  bold: (s) => markdown.wrap(s, "**"),
  italic: (s) => markdown.wrap(s, "*"),
  heading: markdown.heading,
  quote: (s) => markdown.prefix(s, "quote"),
  list: (s) => markdown.prefix(s, "list"),
  ordered: (s) => markdown.prefix(s, "ordered"),
  tasks: (s) => markdown.prefix(s, "tasks"),
  link: markdown.link,
  code: markdown.code,
  strike: (s) => markdown.wrap(s, "~~"),
  table: (s) => markdown.insert(s, "|  |  |\n| --- | --- |\n|  |  |", 2),
  footnote: markdown.footnote,
  rule: (s) => markdown.insert(s, "* * *"),
  more: (s) => markdown.insert(s, "<!--more-->"),
};

const keys = { b: "bold", i: "italic", k: "link", e: "code" };
const shifted = { Digit7: "ordered", Digit8: "list", Digit9: "quote" };

let freed = false; // Escape was pressed: Tab moves the focus

content.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || content.readOnly) {
    return; // an input method composes
  }
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  let change = null;
  if (command) {
    const tool = event.shiftKey ? shifted[event.code] : keys[event.key.toLowerCase()];
    change = tool && tools[tool](selection());
  } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
    change = markdown.newline(selection());
  } else if (event.key === "Tab" && !event.altKey && !freed) {
    change = markdown.indent(selection(), event.shiftKey);
  }
  if (event.key === "Escape") {
    freed = true;
  } else if (event.key !== "Tab" && event.key !== "Shift") {
    freed = false;
  }
  if (change) {
    event.preventDefault();
    apply(change);
  }
});

let plain = false; // Ctrl+Shift+V was pressed

addEventListener("keydown", (event) => {
  plain = event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v";
});

content.addEventListener("paste", (event) => {
  const pasted = event.clipboardData.getData("text/plain");
  if (plain || pasted === "" || content.readOnly) {
    return;
  }
  const s = selection();
  const change = markdown.pasteAddress(s, pasted) ?? (markdown.isInCode(s.value, s.start) ? null : pasteRich(s, pasted, event.clipboardData));
  if (change) {
    event.preventDefault();
    apply(change);
  }
});

/** pasteRich is the change for cells of a spreadsheet and for rich text. null: the plain text is pasted. */
function pasteRich(s, pasted, clipboard) {
  const table = markdown.table(pasted);
  if (table) {
    return markdown.insert(s, table);
  }
  const text = fromHTML(clipboard.getData("text/html"));
  if (text === null) {
    return null;
  }
  return text.includes("\n\n") ? markdown.insert(s, text) : { start: s.start, end: s.end, text, select: [s.start + text.length, s.start + text.length] };
}

title.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    content.focus();
    content.setSelectionRange(0, 0);
  }
});

// --- Size of the text areas, and the count of words

const sizing = CSS.supports("field-sizing", "content");
const count = form.querySelector(".count");

function resize() {
  for (const area of sizing ? [] : [title, content]) {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }
  if (count) {
    const words = (content.value.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}][\p{L}\p{M}\p{N}'’-]*/gu) ?? []).length;
    count.textContent = `${words} ${words === 1 ? "word" : "words"} · ${Math.max(1, Math.round(words / 230))} min`;
  }
}

form.addEventListener("input", resize);
addEventListener("resize", resize);
resize();

// --- Tools

const bar = form.querySelector('[role="toolbar"]');
if (bar) {
  const buttons = [...bar.querySelectorAll("button")];
  bar.parentElement.hidden = false;
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
  bar.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]");
    if (tool) {
      apply(tools[tool.dataset.tool](selection()));
    }
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -buttons.length, End: buttons.length }[event.key];
    if (step) {
      event.preventDefault();
      const next = Math.min(buttons.length - 1, Math.max(0, buttons.indexOf(document.activeElement) + step));
      buttons.forEach((button, i) => (button.tabIndex = i === next ? 0 : -1));
      buttons[next].focus();
    }
  });
}

// --- Uploads

/** replace replaces text that is still there, and leaves the caret where it is. */
function replace(from, to) {
  const start = content.value.indexOf(from);
  if (start < 0) {
    return;
  }
  const focused = document.activeElement;
  const end = start + from.length;
  const moved = (place) => (place <= start ? place : place >= end ? place + to.length - from.length : start + to.length);
  apply({ start, end, text: to, select: [moved(content.selectionStart), moved(content.selectionEnd)] });
  if (focused !== content) {
    focused.focus();
  }
}

const uploads = content.readOnly ? null : new Uploads(form, { insert: (text) => apply(markdown.insert(selection(), text)), replace });

// --- Saving and preview

const preview = form.querySelector(".preview");
const show = form.querySelector('button[value="preview"]');

/** showAnswer shows the sentences of an answer where the page has them. */
function showAnswer(answer) {
  for (const place of form.querySelectorAll("[data-error]")) {
    const name = place.dataset.error;
    if (name === "login") {
      place.hidden = !answer.loggedOut;
      continue;
    }
    place.textContent = answer.errors[name] ?? "";
    place.hidden = place.textContent === "";
    form.elements[name]?.toggleAttribute("aria-invalid", !place.hidden);
  }
  if ("slugless" in form.dataset && answer.slug !== "") {
    form.elements.slug.value = answer.slug;
  }
  const page = form.querySelector("a.page");
  page.href = answer.page;
  page.hidden = answer.page === "";
  showStored(answer.stored);
}

/** showStored shows the post that was changed in another window below the text. */
function showStored(stored) {
  form.querySelector(".stored")?.remove();
  if (!stored) {
    return;
  }
  const section = Object.assign(document.createElement("section"), { className: "stored" });
  section.setAttribute("aria-label", "Current post");
  const label = Object.assign(document.createElement("label"), { textContent: "Current post" });
  const area = Object.assign(document.createElement("textarea"), { id: "editor.stored", rows: 12, readOnly: true, value: `${stored.title}\n\n${stored.content}`, dir: "auto" });
  label.htmlFor = area.id;
  section.append(label, area);
  form.querySelector(".sheet").after(section);
}

const saving = new Saving(form, showAnswer);

const handed = take();
if (handed && form.elements.id.value === "0" && title.value === "" && content.value === "" && !content.readOnly) {
  title.value = handed.title;
  content.value = handed.text;
  saving.hold("Your text from before you signed up. Not saved yet.");
  resize();
}

form.elements.slug.addEventListener("input", () => {
  form.toggleAttribute("data-slugless", form.elements.slug.value.trim() === "" && form.elements.draft !== undefined);
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=action]");
  if (uploads?.count && ["publish", "save"].includes(button?.value) && (button.value === "publish" || form.elements.draft === undefined)) {
    event.preventDefault();
    saving.say("Waiting for the upload");
    uploads.idle().then(() => button.click());
  } else if (button?.value === "save" && form.elements.draft !== undefined) {
    event.preventDefault();
    saving.save("save");
  } else if (button?.value === "preview") {
    event.preventDefault();
    togglePreview();
  }
});

addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || "readOnly" in form.dataset) {
    return;
  }
  if (event.key.toLowerCase() === "s" && !event.shiftKey) {
    event.preventDefault();
    save.click();
  } else if (event.key === "/") {
    event.preventDefault();
    keyList.showModal();
  } else if (event.key === "Enter") {
    event.preventDefault();
    const button = form.querySelector('button[value="publish"]') ?? save;
    if (confirm(form.elements.draft ? "Publish this post now?" : "Show the changes to readers now?")) {
      button.click();
    }
  }
});

const keyList = form.querySelector("dialog.keys");
keyList?.querySelector("button").addEventListener("click", () => keyList.close());

const details = form.querySelector(".details");

form.querySelector('a[href="#editor.details"]')?.addEventListener("click", (event) => {
  event.preventDefault();
  details.open = true;
  details.scrollIntoView();
  details.querySelector("input").focus();
});

// A draft is saved by itself, and by Ctrl+S.
const save = form.querySelector('button[value="save"]');
save?.toggleAttribute("hidden", form.elements.draft !== undefined);

let refreshing = 0;

async function refresh() {
  const answer = await saving.preview();
  if (!answer || !form.classList.contains("previewing")) {
    return;
  }
  showAnswer(answer);
  preview.querySelector("h2").textContent = answer.title;
  preview.querySelector(".prose").innerHTML = answer.preview; // sanitized by the blog
  const notes = preview.querySelector(".notes");
  notes.replaceChildren(...(answer.notes ?? []).map((note) => Object.assign(document.createElement("li"), { textContent: `Line ${note.line}: ${note.sentence}` })));
  notes.hidden = notes.children.length === 0;
  follow();
}

function togglePreview() {
  const shown = form.classList.toggle("previewing");
  preview.hidden = !shown;
  show.setAttribute("aria-expanded", shown);
  show.textContent = shown && matchMedia("(max-width: 55.99rem)").matches ? "Write" : "Preview";
  if (shown) {
    refresh();
  } else {
    content.focus();
  }
}

form.addEventListener("input", () => {
  if (form.classList.contains("previewing")) {
    clearTimeout(refreshing);
    refreshing = setTimeout(refresh, 3000);
  }
});

/** follow scrolls the preview to where the text is. */
function follow() {
  const text = content.getBoundingClientRect();
  const part = Math.min(1, Math.max(0, (56 - text.top) / Math.max(1, text.height - innerHeight)));
  preview.scrollTop = part * (preview.scrollHeight - preview.clientHeight);
}
addEventListener("scroll", () => form.classList.contains("previewing") && follow(), { passive: true });

preview.hidden = true;
if (!content.readOnly) {
  (title.value === "" ? title : content).focus();
}
