// Shows the password of the sign-up form on request, says whether the name is free while it is typed, and remembers that the text of the landing page belongs to the new account.
const form = document.querySelector("form[data-draft]");
const { password } = form.elements;
const button = form.querySelector('button[aria-controls="password"]');

function show(shown) {
  password.type = shown ? "text" : "password";
  button.textContent = shown ? "Hide" : "Show";
  button.setAttribute("aria-label", `${button.textContent} password`);
}

button.hidden = false;
button.addEventListener("click", () => show(password.type === "password"));
// Browsers offer to keep the value of a password field, and not that of a text field.
form.addEventListener("submit", () => show(false));

const [{ read, keep }, { checkName }] = await Promise.all(["draft", "name"].map((name) => import(form.dataset[name])));
checkName(form.elements.username, form.querySelector(".free"));
const draft = read();
if (draft) {
  form.querySelector(".kept").hidden = false;
  form.addEventListener("submit", () => keep({ ...draft, signedUp: true, opened: 0 }));
}
