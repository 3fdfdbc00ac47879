// Files that are put into a text: by the button, by drag and by paste. Each has a placeholder in the text until it is stored.

const pictures = /^image\/(jpeg|png|gif|webp)$/;

/**
 * Uploads uploads files to the blog, one after the other. replace(from, to) replaces text in the post as one step of the browser's
 * undo and leaves the caret where it is; insert(text) puts text at the caret, in lines of its own. Both return a promise that is kept
 * when the text is changed: an input method that composes in it delays that.
 */
export class Uploads {
  #form;
  #list;
  #replace;
  #insert;
  #waiting = []; // files that are not stored yet
  #running = false;
  #idle = [];

  constructor(form, { insert, replace }) {
    this.#form = form;
    this.#insert = insert;
    this.#replace = replace;
    this.#list = form.querySelector(".uploads");
    const picker = form.querySelector(".picker");
    form.querySelector("[data-pick]").addEventListener("click", () => picker.click());
    picker.addEventListener("change", () => {
      this.add(picker.files);
      picker.value = "";
    });
    const { content } = form.elements;
    content.addEventListener("paste", (event) => {
      if (event.clipboardData.files.length > 0 && event.clipboardData.getData("text/plain") === "") {
        event.preventDefault();
        this.add(event.clipboardData.files);
      }
    });
    this.#acceptDrops(content);
  }

  /** idle returns a promise that is kept when no file is being uploaded. Those that failed are still counted. */
  idle() {
    return this.#isIdle() ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #isIdle() {
    return this.#waiting.every((upload) => upload.failed);
  }

  #wake() {
    if (this.#isIdle()) {
      this.#idle.splice(0).forEach((resolve) => resolve());
    }
  }

  /** count is the number of files that are not stored yet. */
  get count() {
    return this.#waiting.length;
  }

  /** add puts files into the text. */
  async add(files) {
    for (const file of files) {
      if (/\.(md|markdown)$/i.test(file.name)) {
        if (confirm(`Insert the text of ${file.name}?`)) {
          this.#insert(await file.text());
        }
        continue;
      }
      const upload = { file, name: this.#unique(file.name || "picture"), request: null };
      upload.placeholder = `${pictures.test(file.type) ? "!" : ""}[Uploading ${upload.name}…]()`;
      this.#insert(upload.placeholder);
      this.#waiting.push(upload);
      this.#show(upload);
    }
    this.#run();
  }

  /** unique returns the name of a file without what would end its placeholder, and with a number if another one has it. */
  #unique(name) {
    const plain = name.replace(/[[\]\\`<>]/g, "_");
    let unique = plain;
    const isUsed = () => this.#waiting.some(({ name }) => name === unique) || this.#form.elements.content.value.includes(`[Uploading ${unique}…]`);
    for (let i = 2; isUsed(); i++) {
      unique = `${plain} (${i})`;
    }
    return unique;
  }

  #acceptDrops(content) {
    const sheet = this.#form.querySelector(".sheet");
    const hasFiles = (event) => event.dataTransfer.types.includes("Files");
    sheet.dataset.drop = "Drop to insert here";
    addEventListener("dragover", (event) => {
      if (hasFiles(event)) {
        event.preventDefault(); // the browser would open the file instead of the page
        sheet.classList.add("dropping");
      }
    });
    for (const name of ["dragleave", "drop"]) {
      addEventListener(name, (event) => {
        if (name === "drop" || event.relatedTarget === null) {
          sheet.classList.remove("dropping");
        }
      });
    }
    addEventListener("drop", (event) => {
      if (hasFiles(event)) {
        event.preventDefault();
        content.focus();
        this.add(event.dataTransfer.files);
      }
    });
  }

  #show(upload) {
    const row = document.createElement("li");
    const text = document.createElement("span");
    const bar = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    bar.setAttribute("aria-label", `Upload of ${upload.name}`);
    text.textContent = upload.name;
    row.append(text, bar, this.#button("Cancel", () => this.#cancel(upload)));
    upload.row = row;
    upload.bar = bar;
    this.#list.append(row);
    this.#list.hidden = false;
  }

  #button(label, click) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: label });
    button.addEventListener("click", click);
    return button;
  }

  async #run() {
    if (this.#running) {
      return;
    }
    this.#running = true;
    for (let next = this.#waiting.find((upload) => !upload.failed); next; next = this.#waiting.find((upload) => !upload.failed)) {
      await this.#send(next);
    }
    this.#running = false;
  }

  /** send uploads a file. XMLHttpRequest, unlike fetch, reports how much has been sent. */
  #send(upload) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      upload.request = request;
      const body = new FormData();
      body.set("size", upload.file.size);
      body.set("file", upload.file, upload.file.name);
      request.upload.addEventListener("progress", (event) => (upload.bar.value = event.loaded / Math.max(1, event.total)));
      request.addEventListener("loadend", async () => {
        upload.request = null;
        if (!this.#waiting.includes(upload)) {
          resolve(); // it was cancelled
          return;
        }
        const { response } = request;
        if (request.status === 201 && response?.address) {
          await this.#done(upload, response);
        } else {
          this.#failed(upload, response?.error || this.#problem(request, upload));
        }
        resolve();
      });
      request.responseType = "json";
      request.timeout = 10 * 60 * 1000;
      request.open("POST", "/write/media/");
      request.setRequestHeader("Accept", "application/json");
      request.send(body);
    });
  }

  /** problem says why the blog has not stored a file, if it does not say so itself. */
  #problem({ status }, { name }) {
    const reason = status === 0 ? "the blog could not be reached" : status === 429 ? "the blog is busy" : `the blog answered ${status}`;
    return `${name} was not uploaded: ${reason}. Try again.`;
  }

  async #done(upload, { address, picture }) {
    const label = picture ? "" : upload.name;
    const text = `${picture ? "!" : ""}[${label}](${address})`;
    const found = await this.#replace(upload.placeholder, text);
    if (!this.#waiting.includes(upload)) {
      return; // it was cancelled
    }
    this.#forget(upload);
    if (picture) {
      document.getElementById("editor.pictures").prepend(new Option(upload.name, address));
    }
    const ask = () => picture && this.#askForDescription(upload.name, text, address);
    if (found) {
      ask();
    } else {
      this.#askForPlace(upload.name, async () => {
        await this.#insert(text);
        ask();
      });
    }
  }

  /** askForPlace asks whether to insert a file whose placeholder the author has changed or removed. */
  #askForPlace(name, insert) {
    const row = document.createElement("li");
    const close = () => {
      row.remove();
      this.#hideEmpty();
      this.#form.elements.content.focus();
    };
    row.append(
      sentence(`${name} was uploaded, but the text has no place for it any more. `),
      this.#button("Insert", () => {
        close();
        insert();
      }),
      this.#button("Skip", close),
    );
    this.#list.append(row);
    this.#list.hidden = false;
  }

  /** askForDescription asks what a picture shows. The answer goes into the text when its author leaves the field, except by Escape. */
  #askForDescription(name, text, address) {
    const row = document.createElement("li");
    const input = Object.assign(document.createElement("input"), { type: "text", maxLength: 500, autocomplete: "off" });
    const label = document.createElement("label");
    label.append("What does the picture show? ", Object.assign(document.createElement("span"), { className: "name", textContent: name }), input);
    let open = true;
    const close = (description) => {
      if (!open) {
        return; // the field loses the focus when it is removed
      }
      open = false;
      row.remove();
      this.#hideEmpty();
      if (description !== "") {
        this.#replace(text, `![${description.replace(/([\\[\]])/g, "\\$1")}](${address})`);
      }
    };
    const leave = (description) => {
      close(description);
      this.#form.elements.content.focus();
    };
    const button = this.#button("Skip", () => leave(input.value.trim()));
    input.addEventListener("input", () => (button.textContent = input.value.trim() === "" ? "Skip" : "Done"));
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      leave(event.key === "Enter" ? input.value.trim() : "");
    });
    row.addEventListener("focusout", ({ relatedTarget }) => {
      if (!row.contains(relatedTarget) && input.value.trim() !== "") {
        close(input.value.trim());
      }
    });
    row.append(label, button);
    this.#list.append(row);
    this.#list.hidden = false;
  }

  #failed(upload, error) {
    upload.failed = true;
    upload.row.replaceChildren(
      sentence(`${error} `),
      this.#button("Retry", () => {
        upload.failed = false;
        upload.row.remove();
        this.#show(upload);
        this.#run();
      }),
      this.#button("Remove", () => this.#cancel(upload)),
    );
    this.#wake();
  }

  #cancel(upload) {
    this.#replace(upload.placeholder, "");
    this.#forget(upload);
    upload.request?.abort();
    this.#form.elements.content.focus();
  }

  #forget(upload) {
    upload.row.remove();
    this.#waiting.splice(this.#waiting.indexOf(upload), 1);
    this.#hideEmpty();
    this.#wake();
  }

  #hideEmpty() {
    this.#list.hidden = this.#list.children.length === 0;
  }
}

/** sentence returns a text that is announced at once. */
function sentence(text) {
  const span = document.createElement("span");
  span.setAttribute("role", "alert");
  span.textContent = text;
  return span;
}
