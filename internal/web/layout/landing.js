// The editor of the landing page. What is written there is kept in this browser until it is opened on a blog of one's own.
const form = document.querySelector("form[data-draft]");
const [{ read, keep, drop }, { fragment }, { Writing, leadOn, fit }, markdown, { fromHTML }, { checkName }] = await Promise.all(
  ["draft", "handover", "writing", "markdown", "paste", "name"].map((name) => import(form.dataset[name])),
);
const { username, title, text } = form.elements;
const state = form.querySelector(".state");

function store() {
  const draft = { title: title.value, text: text.value };
  if (`${draft.title}${draft.text}`.trim() === "") {
    drop();
    state.textContent = "";
  } else if (!keep(draft)) {
    state.textContent = "This browser cannot keep your text. Copy it before you leave.";
  } else if (fragment(draft) === null) {
    state.textContent = "Kept in this browser. It is too long to open in your blog by itself: you can copy it there.";
  } else {
    state.textContent = "Kept in this browser";
  }
}

const kept = read();
if (kept) {
  title.value = kept.title;
  text.value = kept.text;
  state.textContent = "Kept in this browser";
}
// Tab leaves the text, also in a list: there is more on this page than the text.
new Writing(text, { ...markdown, indent: () => null }, fromHTML).addTools(form.querySelector('[role="toolbar"]'));
leadOn(title, text);
fit(text);
checkName(username, form.querySelector(".free"));

form.querySelector(".sheet").addEventListener("input", () => {
  store();
  fit(text);
});
