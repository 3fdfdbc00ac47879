// Shows the steps of a registration as they come true. Without it the page loads itself again now and then.
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

// The browser connects again by itself, unless the answer was none of events.
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED) {
    setTimeout(() => location.reload(), 5000);
  }
});
