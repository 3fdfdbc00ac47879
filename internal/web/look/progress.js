// Shows the steps of a registration as they come true. Without it the page refreshes by itself.
const list = document.querySelector("[data-events]");
const events = new EventSource(list.dataset.events);

events.addEventListener("steps", (event) => {
  for (const step of JSON.parse(event.data)) {
    const item = document.getElementById(step.id);
    if (item && step.done) {
      item.dataset.done = "";
      item.querySelector(".state").textContent = "done";
    }
  }
});

events.addEventListener("end", () => {
  events.close();
  location.reload();
});
