// Shows the buttons that copy a text: the value of the field that data-copy names, or data-link.
for (const button of document.querySelectorAll("[data-copy], [data-link]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(button.dataset.link ?? field.value);
      button.textContent = "Copied";
    } catch { // without TLS, or without permission
      if (field) {
        field.select();
      } else {
        button.replaceWith(button.dataset.link);
      }
    }
  });
}
