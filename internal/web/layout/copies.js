// Copies of what is written, in the browser, for as long as the server lacks it. Each window has one of its own, so that none replaces
// or drops the text of another.

/** Copies are those of one window. */
export class Copies {
  #window = crypto.randomUUID();
  #key = ""; // of the copy of this window. Empty: there is none

  /** keep replaces the copy of this window by the values of a post, with the place of the caret in its text. It throws if the browser has no room. */
  keep(id, fields, area) {
    const key = `${prefix(id)}${this.#window}`;
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields, caret: caretOf(area) }));
    if (key !== this.#key) { // the post has another id since it was stored
      this.drop();
      this.#key = key;
    }
  }

  /** drop removes the copy of this window. */
  drop() {
    if (this.#key !== "") {
      localStorage.removeItem(this.#key);
      this.#key = "";
    }
  }

  /** leave makes the copy of this window one that is offered as those of other windows are. The next one is kept beside it. */
  leave() {
    this.#window = crypto.randomUUID();
    this.#key = "";
  }

  /** others returns the copies of a post that other windows have written, the latest first. */
  others(id) {
    return stored().filter(({ key }) => key !== this.#key && key.startsWith(prefix(id))).sort((a, b) => b.at - a.at);
  }

  /** remove removes a copy of another window, unless that window has replaced it. */
  remove({ key, text }) {
    if (localStorage.getItem(key) === text) {
      localStorage.removeItem(key);
    }
  }
}

function prefix(id) {
  return `post:${id === "0" ? "new" : id}:`;
}

/** stored returns all copies that can be read. */
function stored() {
  const found = [];
  try {
    for (const key of Object.keys(localStorage)) {
      const copy = key.startsWith("post:") ? parse(localStorage.getItem(key)) : null;
      if (copy) {
        found.push({ ...copy, key });
      }
    }
  } catch {
    // The browser lets this site store nothing.
  }
  return found;
}

/** parse returns a copy with the values of its fields. null: it is none. */
function parse(text) {
  try {
    const { at, fields, caret } = JSON.parse(text);
    const values = JSON.parse(fields);
    return Array.isArray(values) ? { at, fields, values, caret, text } : null;
  } catch {
    return null;
  }
}

/** caretOf returns the start and the end of what is selected in a text area. */
function caretOf({ selectionStart, selectionEnd }) {
  return [selectionStart, selectionEnd];
}

/** holdCaret puts the caret of a text back to where this tab left that of the post, when it is loaded again. */
export function holdCaret({ id, content }) {
  addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem("caret", JSON.stringify({ id: id.value, caret: caretOf(content) }));
    } catch {
      // The browser lets this site store nothing.
    }
  });
  try {
    const left = JSON.parse(sessionStorage.getItem("caret"));
    if (left?.id === id.value) {
      content.setSelectionRange(...left.caret);
    }
  } catch {
    // It lets it read nothing, either.
  }
}

/** showOffer offers a copy in an element. Its buttons call use and discard. */
export function showOffer(place, { at, values }, use, discard) {
  const offer = Object.assign(document.createElement("div"), { className: "offer" });
  const text = document.createElement("p");
  text.textContent = `There is newer text from ${new Date(at).toLocaleString([], { weekday: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })} in this browser.`;
  const button = (label, click) => {
    const element = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: label });
    element.addEventListener("click", click);
    text.append(" ", element);
  };
  button("Compare", () => {
    const compare = Object.assign(document.createElement("textarea"), { className: "compare", readOnly: true, value: `${values[0]}\n\n${values[1]}` });
    compare.setAttribute("aria-label", "Text in this browser");
    offer.querySelector("textarea")?.remove();
    offer.append(compare);
    compare.focus();
  });
  button("Use it", () => {
    offer.remove();
    use();
  });
  button("Discard", () => {
    offer.remove();
    discard();
  });
  offer.append(text);
  place.append(offer);
}
