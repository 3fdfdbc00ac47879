// The editor of a post. Without it, the page is a form that does the same with its buttons.
const form = document.querySelector("form.editor");
const { title, content } = form.elements;
const [markdown, { Saving }, { State }, { Copies, holdCaret, showOffer }, { fromHTML }, { Uploads }, { take }, { Writing, leadOn, fit }, { PublishPanel, noteItem }] = await Promise.all(
  ["markdown", "saving", "state", "copies", "paste", "upload", "handover", "writing", "publish", "clipboard"].map((name) => import(form.dataset[name])),
);

// --- Text

const writing = new Writing(content, markdown, fromHTML);
leadOn(title, content);

// --- Size of the text areas, and the count of words

const count = form.querySelector(".count");

function resize() {
  fit(title, content);
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
  writing.addTools(bar);
  bar.parentElement.hidden = false;
}

// --- Uploads

/** replace replaces text, and leaves the focus and the caret where they are. The promise is kept with whether the text was still there. */
async function replace(from, to) {
  let focused;
  const found = await writing.change(({ value, start: caret, end: selected }) => {
    focused = document.activeElement;
    const start = value.indexOf(from);
    const end = start + from.length;
    const moved = (place) => (place <= start ? place : place >= end ? place + to.length - from.length : start + to.length);
    return start < 0 ? null : { start, end, text: to, select: [moved(caret), moved(selected)] };
  });
  if (found && focused !== content) {
    focused.focus();
  }
  return found;
}

const uploads = content.readOnly ? null : new Uploads(form, { insert: (text) => writing.change((s) => markdown.insert(s, text)), replace });

// --- Saving and preview

const preview = form.querySelector(".preview");
const show = form.querySelector('button[value="preview"]');
const notes = form.querySelector(".text .notes");

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
    if (place.hidden) {
      form.elements[name]?.removeAttribute("aria-invalid");
    } else {
      form.elements[name]?.setAttribute("aria-invalid", "true");
      details.open ||= details.contains(place);
    }
  }
  if ("slugless" in form.dataset && answer.slug !== "") {
    form.elements.slug.value = answer.slug;
  }
  const page = form.querySelector("a.page");
  page.href = answer.page;
  page.hidden = answer.page === "";
  form.querySelector(".take").hidden = !answer.redirects;
  form.querySelector("a.pending")?.toggleAttribute("hidden", !answer.pending);
  if (answer.notes) {
    notes.replaceChildren(...answer.notes.map(noteItem));
    notes.hidden = answer.notes.length === 0;
  }
  panel?.show(answer);
  if (answer.previewed && previewing.value) {
    preview.querySelector("article").outerHTML = answer.preview; // sanitized by the blog
    title.lang = content.lang = answer.language;
    follow();
  }
}

const saving = new Saving(form, new State(form.querySelector(".state")), showAnswer, new Copies(), showOffer);
const panel = uploads && new PublishPanel(form, saving, uploads);

function publish() {
  if (saving.isEmpty()) {
    saving.say("There is nothing to publish yet.", true);
    content.focus();
  } else if (!saving.asksToChoose()) {
    panel.open();
  }
}

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
  if (button?.value === "publish") {
    event.preventDefault();
    publish();
  } else if (button?.value === "save") {
    event.preventDefault();
    saving.save("save");
  } else if (button?.value === "preview") {
    event.preventDefault();
    togglePreview();
  }
});

addEventListener("keydown", (event) => {
  if (event.defaultPrevented) {
    return; // on keyboards where the slash is on the 7, Ctrl+Shift+7 has made a list
  }
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
    publish();
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

// A post is saved by itself, and by Ctrl+S.
const save = form.querySelector('button[value="save"]');
save?.toggleAttribute("hidden", true);

// What saves the text also answers with the preview, while that is shown.
const previewing = Object.assign(document.createElement("input"), { type: "hidden", name: "previewing" });
form.append(previewing);
let refreshing = 0;

const barHeight = 56;
let textPlace = 0; // where the page was scrolled to when the preview was opened

async function togglePreview() {
  const replaces = matchMedia("(max-width: 55.99rem)").matches;
  const part = progress();
  const scrolled = scrollY;
  const shown = form.classList.toggle("previewing");
  previewing.value = shown ? "1" : "";
  preview.hidden = !shown;
  show.setAttribute("aria-expanded", shown);
  show.textContent = shown && replaces ? "Write" : "Preview";
  if (!shown) {
    content.focus({ preventScroll: true });
    if (replaces) {
      scrollTo(0, textPlace);
    }
    return;
  }
  textPlace = scrolled;
  await saving.preview();
  if (replaces) {
    const { top, height } = preview.getBoundingClientRect();
    scrollTo(0, scrollY + top - barHeight + part * Math.max(0, height - innerHeight));
  }
}

form.addEventListener("input", () => {
  clearTimeout(refreshing);
  if (form.classList.contains("previewing") && !saving.savesItself()) {
    refreshing = setTimeout(() => saving.preview(), 3000);
  }
});

form.addEventListener("focusout", ({ relatedTarget }) => {
  // The buttons that send the form save it by themselves.
  if (relatedTarget?.name !== "action" && relatedTarget !== title && relatedTarget !== content) {
    saving.saveSoon();
  }
});

/** progress is how much of the text has been scrolled past, from 0 to 1. */
function progress() {
  const text = content.getBoundingClientRect();
  return Math.min(1, Math.max(0, (barHeight - text.top) / Math.max(1, text.height - innerHeight)));
}

/** follow scrolls the preview beside the text to where the text is. */
function follow() {
  preview.scrollTop = progress() * (preview.scrollHeight - preview.clientHeight);
}
addEventListener("scroll", () => form.classList.contains("previewing") && follow(), { passive: true });

// Safari lays the keyboard of a phone over the page: the tools move up.
const tools = form.querySelector(".tools");
if (tools && window.visualViewport) {
  const raise = () => (tools.style.bottom = `${Math.max(0, innerHeight - visualViewport.height - visualViewport.offsetTop)}px`);
  visualViewport.addEventListener("resize", raise);
  visualViewport.addEventListener("scroll", raise);
}

preview.hidden = true;
if (!content.readOnly) {
  holdCaret(form.elements);
  (title.value === "" ? title : content).focus();
}
