// Shows the steps of a sign-up as they complete. Without scripts, the page reloads periodically.
const list = document.querySelector("[data-events]");
const events = new EventSource(list.dataset.events);

events.addEventListener("steps", (event) => {
  for (const step of JSON.parse(event.data)) {
    const item = document.getElementById(step.id);
    if (item && step.done && !("done" in item.dataset)) {
      item.dataset.done = "";
      item.querySelector(".state").textContent = "done";
    }
  }
});

events.addEventListener("end", () => {
  events.close();
  location.reload();
});

// The browser reconnects by itself, unless the response was not an event stream.
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED) {
    setTimeout(() => location.reload(), 5000);
  }
});
