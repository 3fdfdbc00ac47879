// Opens a text that was written on the landing page in the editor of the new blog: by itself after sign-up, and else on request.
// It is dropped a day after an editor has opened it. The greeting follows the clock of the reader, which the server does not know.
const greeting = document.querySelector("h1[data-user]");
const hour = new Date().getHours();
greeting.textContent = `Good ${hour < 5 || hour >= 18 ? "evening" : hour < 12 ? "morning" : "afternoon"}, ${greeting.dataset.user}`;

const panel = document.querySelector("[data-draft]");
const [{ read, keep, drop }, { fragment }] = await Promise.all(["draft", "handover"].map((name) => import(panel.dataset[name])));
const blogs = [...document.querySelectorAll("[data-editor]")];
const draft = read();

/** open opens the draft in the editor of a blog, which does not store it before its author does. */
function open(editor) {
  keep({ ...draft, opened: Date.now() });
  location.assign(editor + fragment(draft));
}

function offer() {
  const tooLong = fragment(draft) === null;
  panel.querySelector(".words").textContent = (draft.title || draft.text).trim().slice(0, 200);
  panel.querySelector(".long").hidden = !tooLong;
  const actions = panel.querySelector(".actions");
  const button = (label, click) => {
    const element = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    element.addEventListener("click", click);
    actions.append(element, " ");
  };
  for (const { dataset } of tooLong ? [] : blogs) {
    button(blogs.length === 1 ? "Open in the editor" : `Open on ${new URL(dataset.editor).host}`, () => open(dataset.editor));
  }
  if (tooLong) {
    button("Copy", () => navigator.clipboard.writeText(`${draft.title}\n\n${draft.text}`));
  }
  button("Discard", () => {
    drop();
    panel.hidden = true;
  });
  panel.hidden = false;
}

if (draft && blogs.length > 0) {
  offer();
  if (draft.signedUp && draft.opened === 0 && blogs.length === 1 && fragment(draft) !== null) {
    open(blogs[0].dataset.editor);
  }
}
