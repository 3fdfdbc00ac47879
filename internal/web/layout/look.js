// Shows the blog in the theme and the accent that are chosen in the form of the settings, before they are saved.
const frame = document.querySelector("iframe.look");
const form = frame.closest("form");

form.addEventListener("change", ({ target }) => {
  if (target.name === "theme" || target.name === "accent") {
    const { theme, accent } = Object.fromEntries(new FormData(form));
    frame.src = "/?" + new URLSearchParams({ theme, accent });
  }
});
