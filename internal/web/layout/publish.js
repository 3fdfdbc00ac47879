// The panel in which an author publishes a post: the fields of the details that matter then, and what may be missing. It saves the
// post first, unseen by readers: the blog then says whether the address is free, and what it warns of.

/** PublishPanel asks before a post is published. */
export class PublishPanel {
  #form;
  #saving;
  #uploads;
  #dialog;
  #fields;
  #button;
  #progress;
  #publishing = false;

  constructor(form, saving, uploads) {
    this.#form = form;
    this.#saving = saving;
    this.#uploads = uploads;
    this.#dialog = form.querySelector("dialog.publish");
    this.#fields = form.querySelector(".publishing");
    this.#button = this.#dialog.querySelector(".now");
    this.#progress = this.#dialog.querySelector(".progress");
    const home = this.#fields.previousElementSibling;
    this.#button.addEventListener("click", () => this.#publish());
    this.#dialog.querySelector(".cancel").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => home.after(this.#fields));
    this.#dialog.addEventListener("input", () => this.#name());
  }

  /** open asks, or publishes if it has asked: Ctrl+Enter twice publishes. */
  async open() {
    if (this.#dialog.open) {
      await this.#publish();
      return;
    }
    this.#dialog.querySelector(".fields").append(this.#fields);
    this.#name();
    this.#say("");
    this.#dialog.showModal();
    this.#button.focus();
    const answer = await this.#saving.save("save");
    if (this.#publishing) {
      return;
    }
    if (!answer) {
      this.#say("The blog does not answer. Your text is kept in this browser.");
    } else if (answer.conflict) {
      this.#say("The post was changed in another window. Close this panel to compare the texts.");
    }
  }

  /** show shows what an answer says about the post as it would be published. */
  show({ link, slug, notes, warnings, errors }) {
    const place = this.#dialog.querySelector(".link");
    place.lastElementChild.textContent = decodeURI(link);
    place.hidden = slug === "" || link === "" || "slug" in errors;
    const list = this.#dialog.querySelector(".warnings");
    const all = [...(notes ?? []), ...(warnings ?? [])].sort((a, b) => a.line - b.line);
    list.lastElementChild.replaceChildren(...all.map(noteItem));
    list.hidden = all.length === 0;
  }

  /** name names the button by what it does. */
  #name() {
    const { date, draft } = this.#form.elements;
    this.#button.textContent = !draft ? "Update now" : date.value === "" ? "Publish now" : "Publish at this time";
  }

  #say(text) {
    this.#progress.textContent = text;
  }

  async #publish() {
    if (this.#publishing) {
      return;
    }
    this.#publishing = true;
    try {
      await this.#send();
    } finally {
      this.#publishing = false;
    }
  }

  async #send() {
    if (this.#uploads.count > 0) {
      this.#say(this.#uploads.count === 1 ? "Waiting for the upload of a file…" : `Waiting for the upload of ${this.#uploads.count} files…`);
      await this.#uploads.idle();
      if (!this.#dialog.open) {
        return;
      }
      if (this.#uploads.count > 0) {
        this.#say("A file was not uploaded. Close this panel, and upload it again or remove it.");
        return;
      }
    }
    this.#say("Publishing…");
    const done = this.#form.elements.draft ? "published" : "updated";
    const answer = await this.#saving.save("publish");
    if (answer && Object.keys(answer.errors).length === 0 && !answer.loggedOut && !answer.conflict) {
      location.assign(`${answer.address}?done=${done}`);
    } else {
      this.#say(problem(answer));
    }
  }
}

/** problem says why a post was not published. */
function problem(answer) {
  if (!answer) {
    return "Not published: the blog does not answer. Your text is kept in this browser.";
  }
  if (answer.loggedOut) {
    return "Not published: you have been logged out. Close this panel to log in. Your text is kept.";
  }
  if (answer.conflict) {
    return "Not published: the post was changed in another window. Close this panel to compare the texts.";
  }
  const { title, content } = answer.errors;
  return `Not published. ${answer.errors[""] ?? title ?? content ?? "Correct the field above."}`;
}

/** noteItem is an item of a list of notes. */
export function noteItem({ line, sentence }) {
  return Object.assign(document.createElement("li"), { textContent: `Line ${line}: ${sentence}` });
}
