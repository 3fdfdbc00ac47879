// Shows the password of the sign-up form. Without scripts, the button is not shown.
const password = document.getElementById("password");
const button = document.querySelector('button[aria-controls="password"]');

function show(shown) {
  password.type = shown ? "text" : "password";
  button.textContent = shown ? "Hide" : "Show";
  button.setAttribute("aria-label", `${button.textContent} password`);
}

button.hidden = false;
button.addEventListener("click", () => show(password.type === "password"));
// Browsers offer to keep the value of a password field, and not that of a text field.
password.form.addEventListener("submit", () => show(false));
