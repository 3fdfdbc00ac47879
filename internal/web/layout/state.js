// The state of the form of a post: shown whenever it changes, and announced less often.

const silence = 30000; // between two announcements, unless something is wrong

/** State is what the bar says about the post. */
export class State {
  #element;
  #live; // what is announced
  #announced = 0; // when it was
  #wrong = false; // it says that something is wrong
  #timer = 0;

  constructor(element) {
    this.#element = element;
    element.removeAttribute("role");
    this.#live = Object.assign(document.createElement("p"), { className: "unseen" });
    this.#live.setAttribute("role", "status");
    element.after(this.#live);
  }

  /** show shows a state, and announces it: at once if something is wrong or was, and otherwise after the silence, unless another one follows. */
  show(text, wrong = false) {
    this.note(text);
    this.#element.classList.toggle("wrong", wrong);
    const wait = wrong || this.#wrong ? 0 : this.#announced + silence - Date.now();
    if (wait <= 0) {
      this.#announce(text, wrong);
    } else {
      this.#timer = setTimeout(() => this.#announce(text, wrong), wait);
    }
  }

  /** note shows a state that is not announced, because it ends by itself. */
  note(text) {
    clearTimeout(this.#timer);
    this.#element.textContent = text;
    this.#element.classList.remove("wrong");
  }

  /** link adds a link to the state. */
  link(href, textContent) {
    const link = Object.assign(document.createElement("a"), { href, textContent });
    this.#element.append(" ", link);
    return link;
  }

  #announce(text, wrong) {
    this.#announced = Date.now();
    this.#wrong = wrong;
    if (this.#live.textContent !== text) {
      this.#live.textContent = text;
    }
  }
}
