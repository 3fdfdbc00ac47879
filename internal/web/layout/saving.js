// Keeps what is written: on the server, where readers do not see it, and in the browser until the server has the same.

const pause = 3000; // after the last key, and between two requests
const longest = 30000; // of writing without a pause
const retries = [4, 8, 16, 30]; // seconds
// Copies in browsers have the values in this order, so new fields come last.
const fields = [
  "title", "content", "slug", "author", "date", "tags", "excerpt", "description", "cover", "cover_alt", "language", "link", "canonical_url", "pinned",
  "unlisted", "page", "position",
];

/**
 * Saving saves the form of a post, and tells its state. show writes what is shown of an answer, and copies are those in the browser, which
 * showOffer offers.
 */
export class Saving {
  #form;
  #show;
  #state;
  #retry; // the button
  #saved; // what the server has
  #timer = 0;
  #deadline = 0;
  #last = 0; // when the last request ended
  #failures = 0;
  #sending = null;
  #refused = ""; // what the server did not accept: it is sent again when it has changed
  #loggedOut = false; // it is tried again when the author comes back, and now and then
  #conflict; // the part of the page with what differs from the post that was changed in another window
  #leaving = false;
  #held = false; // until the author edits or saves what the form was filled with
  #copies;
  #showOffer;

  constructor(form, state, show, copies, showOffer) {
    this.#form = form;
    this.#show = show;
    this.#copies = copies;
    this.#showOffer = showOffer;
    this.#state = state;
    this.#retry = form.querySelector(".retry");
    this.#conflict = form.querySelector(".stored");
    this.#conflict.addEventListener("click", (event) => this.#choose(event));
    this.#retry?.addEventListener("click", () => this.#autosave());
    // What was written before this script started is not saved, nor what the server has refused and shows again. Browsers fill no
    // other text in.
    form.autocomplete = "off";
    this.#saved = "unsaved" in form.dataset ? "" : this.#snapshot(initialOf);
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("submit", () => {
      this.#keep();
      this.#leaving = true;
    });
    addEventListener("pageshow", () => (this.#leaving = false));
    addEventListener("beforeunload", (event) => {
      this.#keep();
      if (this.isUnsaved() && !this.#leaving) {
        event.preventDefault();
      }
    });
    addEventListener("pagehide", () => this.#keep());
    document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? this.#leave() : this.#comeBack()));
    addEventListener("focus", () => this.#comeBack());
    addEventListener("online", () => this.#schedule(0));
    addEventListener("offline", () => this.isUnsaved() && this.say("Offline. Kept in this browser.", true));
    this.#offer();
    if ("unsaved" in form.dataset) {
      this.hold("Not saved");
    } else if (this.isUnsaved()) {
      this.#changed();
    }
  }

  /** isUnsaved reports whether the server lacks something of the form. */
  isUnsaved() {
    return this.#snapshot() !== this.#saved;
  }

  /** save sends the form with an action and the version that it replaces if that is another than the one it was opened with, and returns the answer. null: there is none, and the state says why. */
  async save(action, replaced) {
    this.#held = false;
    return this.#send(action, { replaced });
  }

  /** asksToChoose reports whether the author has to choose between this text and that of another window, and leads there. */
  asksToChoose() {
    if (!this.#conflict.hidden) {
      this.#conflict.focus();
    }
    return !this.#conflict.hidden;
  }

  /** choose keeps this text, or leaves for the other one with a copy of this one in the browser. */
  #choose(event) {
    const keep = event.target.closest("button");
    if (keep) {
      event.preventDefault();
      this.#form.elements.content.focus();
      this.save("save", keep.value);
    } else if (event.target.closest("a")) {
      this.#leaving = this.#keep(); // otherwise the browser asks
    }
  }

  /** hold says that the form was filled with a text that is not saved by itself: another person may have written it. */
  hold(text) {
    this.#held = true;
    this.say(text);
  }

  /** savesItself reports whether the text is about to be saved without its author. */
  savesItself() {
    return this.isUnsaved() && this.#conflict.hidden && !this.#held && !this.isEmpty() && this.#snapshot() !== this.#refused;
  }

  /** saveSoon saves the text now, or when the pause after the last request ends. */
  saveSoon() {
    if (this.savesItself() && this.#failures === 0) {
      this.#schedule(0);
    }
  }

  /** preview shows an answer with the rendered text: that of a save, if the text would be saved without its author. */
  async preview() {
    await this.#sending?.catch(() => {});
    if (this.savesItself()) {
      await this.#send("save", { automatic: true });
      return;
    }
    try {
      this.#show((await this.#request("preview")).answer);
    } catch {
      this.say("No preview: the blog does not answer.", true);
    }
  }

  /** say shows the state of the form. */
  say(text, wrong = false) {
    this.#retry?.toggleAttribute("hidden", this.#failures === 0);
    this.#state.show(text, wrong);
  }

  #snapshot(of = valueOf) {
    return JSON.stringify(fields.map((name) => (name === "slug" && this.#isSlugless() ? "" : of(this.#form.elements[name]))));
  }

  #isSlugless() {
    return "slugless" in this.#form.dataset;
  }

  #isDraft() {
    return this.#form.elements.draft !== undefined;
  }

  /** isEmpty reports whether nothing has been written of a new post, which would be stored as a note. */
  isEmpty() {
    const { id, title, content } = this.#form.elements;
    return id.value === "0" && title.value.trim() === "" && content.value.trim() === "";
  }

  #changed() {
    this.#held = false;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.#keep(), 1000);
    if (!this.isUnsaved()) {
      return;
    }
    if (this.#failures === 0 && this.#conflict.hidden && !this.#loggedOut) {
      this.#noteUnsaved();
    }
    this.#deadline ||= Date.now() + longest;
    this.#schedule(Math.min(pause, this.#deadline - Date.now()));
  }

  #noteUnsaved() {
    this.#retry?.toggleAttribute("hidden", this.#failures === 0);
    this.#state.note(this.#isDraft() ? "Not saved yet" : "Not saved yet. Readers do not see the changes.");
  }

  /** schedule saves the post after some milliseconds, and a time after the last request. */
  #schedule(delay, between = this.#loggedOut ? longest : pause) {
    if (this.#held) {
      return;
    }
    clearTimeout(this.#timer);
    const wait = Math.max(0, delay, this.#last + between - Date.now());
    this.#timer = setTimeout(() => this.#autosave(), wait);
  }

  async #autosave() {
    if (this.#sending || this.#leaving || !this.savesItself()) {
      return;
    }
    if (!navigator.onLine) {
      this.say("Offline. Kept in this browser.", true);
      return;
    }
    await this.#send("save", { automatic: true });
  }

  async #send(action, choice) {
    while (this.#sending) { // the next one is based on the version that this one makes
      await this.#sending.catch(() => {}); // the one who waits for it says so
    }
    const sent = this.#snapshot();
    const slow = setTimeout(() => this.#state.note("Saving…"), 500);
    this.#sending = this.#request(action, choice);
    try {
      const { status, answer } = await this.#sending;
      this.#failures = 0;
      this.#answered(status, answer, sent);
      return answer;
    } catch (cause) {
      this.#failed(cause.retryAfter);
      return null;
    } finally {
      clearTimeout(slow);
      this.#sending = null;
      this.#last = Date.now();
      this.#deadline = 0;
      if (this.#failures === 0 && this.isUnsaved()) {
        this.#schedule(pause);
      }
    }
  }

  async #request(action, { automatic = false, replaced } = {}) {
    const body = new FormData(this.#form);
    body.set("action", action);
    if (automatic) {
      body.set("autosave", "1");
    }
    if (replaced !== undefined) {
      body.set("replace", replaced);
    }
    if (this.#isSlugless()) {
      body.set("slug", "");
    }
    const response = await fetch(this.#form.getAttribute("action"), {
      method: "POST", body, headers: { Accept: "application/json" }, redirect: "error", signal: AbortSignal.timeout(30000),
    });
    if (!response.headers.get("Content-Type")?.startsWith("application/json") || response.status === 429 || response.status >= 500) {
      throw Object.assign(new Error(`the blog answered ${response.status}`), { retryAfter: Number(response.headers.get("Retry-After")) || 0 });
    }
    return { status: response.status, answer: await response.json() };
  }

  #answered(status, answer, sent) {
    const { elements } = this.#form;
    elements.id.value = answer.id;
    elements.revision.value = answer.revision;
    elements.dated.value = answer.dated;
    this.#form.setAttribute("action", answer.address); // of a post that was deleted meanwhile, that of a new one
    this.#show(answer);
    if (answer.conflict) {
      this.#conflict.innerHTML = answer.conflict.html; // a template of the blog, which escapes the texts
    }
    if (answer.conflict || status === 200 || answer.id === 0) { // a refused field decides nothing
      this.#conflict.hidden = !answer.conflict;
    }
    this.#loggedOut = answer.loggedOut;
    if (answer.loggedOut) {
      this.say("You are logged out. Your text is kept.", true);
      this.#state.link("/login/?next=/write/", "Log in").target = "_blank";
    } else if (answer.conflict) {
      this.say(`Changed in another window at ${time(new Date(answer.conflict.changedAt))}.`, true);
      this.#state.link(`#${this.#conflict.id}`, "Compare");
    } else if (status !== 200) {
      this.#refused = sent;
      this.say("Not saved", true);
    } else {
      this.#saved = sent;
      if (location.pathname !== answer.address) {
        history.replaceState(null, "", answer.address);
      }
      if (this.isUnsaved()) { // something was written while the request ran
        this.#noteUnsaved();
      } else {
        this.say(answer.pending ? answer.state : `Saved ${time(new Date())}`);
      }
    }
    this.#keep();
  }

  #failed(retryAfter = 0) {
    const seconds = Math.max(retryAfter, retries[Math.min(this.#failures, retries.length - 1)]);
    this.#failures++;
    if (!navigator.onLine) {
      this.say("Offline. Kept in this browser.", true);
      return;
    }
    this.say(`Not saved. Trying again in ${seconds} s.`, true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#autosave(), seconds * 1000);
  }

  /** leave saves at once, because the page may not come back. */
  #leave() {
    this.#keep();
    this.#schedule(0);
  }

  /** comeBack saves soon if the author may have logged in elsewhere. */
  #comeBack() {
    if (this.#loggedOut) {
      this.#schedule(0, pause);
    }
  }

  /** keep writes a copy into the browser, or drops it if the server has the same. It reports whether it has. */
  #keep() {
    try {
      if (this.isUnsaved()) {
        this.#copies.keep(this.#form.elements.id.value, this.#snapshot(), this.#form.elements.content);
      } else {
        this.#copies.drop();
      }
      return true;
    } catch {
      this.say("This browser has no room for a copy. Save the post.", true);
      return false;
    }
  }

  /** offer offers the latest copy of another window that the server lacks: of this post, or one that never became a post. */
  #offer() {
    for (const copy of this.#copies.others(this.#form.elements.id.value)) {
      if (copy.fields !== this.#saved && copy.fields !== this.#snapshot()) {
        this.#showOffer(this.#form.querySelector(".messages"), copy, () => this.#use(copy), () => {
          this.#copies.remove(copy);
          this.#form.elements.content.focus();
          this.#offer();
        });
        return;
      }
      if (copy.fields === this.#saved || this.#keep()) {
        this.#copies.remove(copy);
      }
    }
  }

  /** use fills the form with a copy, which is then one of this window. Text that was there and that the server lacks becomes another. */
  #use(copy) {
    if (this.isUnsaved()) {
      if (!this.#keep()) {
        this.#offer();
        return;
      }
      this.#copies.leave();
    }
    fields.forEach((name, i) => {
      if (copy.values[i] !== undefined && (name !== "slug" || copy.values[i] !== "")) {
        setValue(this.#form.elements[name], copy.values[i]);
      }
    });
    if (copy.caret) { // copies of a former version lack it
      this.#form.elements.content.setSelectionRange(...copy.caret);
    }
    if (this.#keep()) {
      this.#copies.remove(copy);
    }
    this.#form.dispatchEvent(new Event("input"));
    this.#form.elements.content.focus();
  }
}

function valueOf(element) {
  return element.type === "checkbox" ? element.checked : element.value;
}

/** initialOf returns the value that the page came with. */
function initialOf(element) {
  if (element.type === "checkbox") {
    return element.defaultChecked;
  }
  const twin = element.cloneNode(); // which normalizes the value as the element does
  twin.value = element.defaultValue;
  return twin.value;
}

/** setValue changes a field, title and text by a step that the browser can undo. */
function setValue(element, value) {
  if (element.type === "checkbox") {
    element.checked = value;
  } else if (element.name !== "title" && element.name !== "content") {
    element.value = value;
  } else if (element.value !== value) {
    element.focus();
    element.select();
    if (document.activeElement !== element || !document.execCommand(value === "" ? "delete" : "insertText", false, value)) {
      element.setRangeText(value, 0, element.value.length, "end");
    }
  }
}

function time(date) {
  return date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}
