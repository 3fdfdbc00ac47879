// Writing Markdown in a text area: what keys, tools and pasted text change.

const keys = { b: "bold", i: "italic", k: "link", e: "code" };
const mostLines = 300; // of a step of undo
const shifted = { Digit7: "ordered", Digit8: "list", Digit9: "quote" };

/** leadOn makes Enter in a title lead to the beginning of its text. */
export function leadOn(title, text) {
  title.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      text.focus();
      text.setSelectionRange(0, 0);
    }
  });
}

/** fit makes text areas as high as their text, in browsers that do not do so by their style. */
export function fit(...areas) {
  for (const area of CSS.supports("field-sizing", "content") ? [] : areas) {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }
}

/** Writing makes a text area one for Markdown, by the functions of markdown.js and paste.js. */
export class Writing {
  #area;
  #markdown;
  #fromHTML;
  #tools;
  #composing = false; // an input method composes
  #deferred = []; // changes that wait for its end
  #freed = false; // Escape was pressed: Tab moves the focus
  #plain = false; // Ctrl+Shift+V is pressed

  constructor(area, markdown, fromHTML) {
    this.#area = area;
    this.#markdown = markdown;
    this.#fromHTML = fromHTML;
    this.#tools = {
      bold: (s) => markdown.wrap(s, "**"),
      italic: (s) => markdown.wrap(s, "*"),
      heading: markdown.heading,
      quote: (s) => markdown.prefix(s, "quote"),
      list: (s) => markdown.prefix(s, "list"),
      ordered: (s) => markdown.prefix(s, "ordered"),
      tasks: (s) => markdown.prefix(s, "tasks"),
      link: markdown.link,
      code: markdown.code,
      strike: (s) => markdown.wrap(s, "~~"),
      table: (s) => markdown.insert(s, "|  |  |\n| --- | --- |\n|  |  |", 2),
      footnote: markdown.footnote,
      rule: (s) => markdown.insert(s, "* * *"),
      more: (s) => markdown.insert(s, "<!--more-->"),
    };
    area.addEventListener("keydown", (event) => this.#press(event));
    area.addEventListener("paste", (event) => this.#paste(event));
    area.addEventListener("compositionstart", () => (this.#composing = true));
    area.addEventListener("compositionend", () => {
      this.#composing = false;
      setTimeout(() => this.#applyDeferred()); // the browser is still writing what was composed
    });
    addEventListener("keydown", (event) => {
      this.#plain = event.shiftKey && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "v";
    });
    addEventListener("keyup", () => (this.#plain = false));
  }

  /** selection returns the text with what is selected of it. */
  selection() {
    return { value: this.#area.value, start: this.#area.selectionStart, end: this.#area.selectionEnd };
  }

  /**
   * change applies what make returns for the selection, which is null to change nothing, when no input method composes. The promise
   * is kept then, with whether the text was changed.
   */
  change(make) {
    return new Promise((resolve) => {
      this.#deferred.push(() => {
        const change = make(this.selection());
        this.#apply(change);
        resolve(change !== null);
      });
      this.#applyDeferred();
    });
  }

  #applyDeferred() {
    while (!this.#composing && this.#deferred.length > 0) {
      this.#deferred.shift()();
    }
  }

  /** apply changes the text in one step of the browser's undo. */
  #apply(change) {
    if (!change) {
      return;
    }
    const { start, end, text, select } = change;
    this.#area.focus();
    if (start !== end || text !== "") {
      this.#area.setSelectionRange(start, end);
      // A dialog keeps the focus, where the browser would insert the text. It takes seconds for hundreds of lines.
      const undoable = document.activeElement === this.#area && text.split("\n", mostLines + 1).length <= mostLines;
      const done = undoable && (text === "" ? document.execCommand("delete") : document.execCommand("insertText", false, text));
      if (!done) {
        this.#area.setRangeText(text, start, end, "end");
        this.#area.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
    }
    this.#area.setSelectionRange(...select);
  }

  /** addTools makes the buttons of a toolbar change the text: one stop of the Tab key, arrows between them. */
  addTools(bar) {
    const all = [...bar.querySelectorAll("button")];
    const more = bar.querySelector("[data-more]");
    const group = more && document.getElementById(more.getAttribute("aria-controls"));
    const open = (shown) => {
      group?.toggleAttribute("hidden", !shown);
      more?.setAttribute("aria-expanded", shown);
    };
    const stop = (next) => all.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the focus
    bar.addEventListener("click", (event) => {
      const tool = event.target.closest("[data-tool]");
      if (event.target.closest("[data-more]")) {
        open(group.hidden);
      } else if (tool) {
        if (group?.contains(tool)) {
          stop(more); // the tool is about to be hidden
          open(false);
        }
        this.change(this.#tools[tool.dataset.tool]);
      }
    });
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && group?.contains(document.activeElement)) {
        open(false);
        stop(more);
        more.focus();
        return;
      }
      const buttons = all.filter((button) => !group?.hidden || !group?.contains(button));
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -buttons.length, End: buttons.length }[event.key];
      if (step) {
        event.preventDefault();
        const next = Math.min(buttons.length - 1, Math.max(0, buttons.indexOf(document.activeElement) + step));
        stop(buttons[next]);
        buttons[next].focus();
      }
    });
  }

  #press(event) {
    if (event.isComposing || event.keyCode === 229 || this.#area.readOnly) {
      return; // an input method composes
    }
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    let change = null;
    if (command) {
      const tool = event.shiftKey ? shifted[event.code] : keys[event.key.toLowerCase()];
      change = tool && this.#tools[tool](this.selection());
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      change = this.#markdown.newline(this.selection());
    } else if (event.key === "Tab" && !event.altKey && !this.#freed) {
      change = this.#markdown.indent(this.selection(), event.shiftKey);
    }
    if (event.key === "Escape") {
      this.#freed = true;
    } else if (event.key !== "Tab" && event.key !== "Shift") {
      this.#freed = false;
    }
    if (change) {
      event.preventDefault();
      this.#apply(change);
    }
  }

  #paste(event) {
    const pasted = event.clipboardData.getData("text/plain");
    if (this.#plain || pasted === "" || this.#area.readOnly) {
      return;
    }
    const s = this.selection();
    const change = this.#markdown.pasteAddress(s, pasted) ?? (this.#markdown.isInCode(s.value, s.start) ? null : this.#pasteRich(s, pasted, event.clipboardData));
    if (change) {
      event.preventDefault();
      this.#apply(change);
    }
  }

  /** pasteRich is the change for cells of a spreadsheet and for rich text. null: the plain text is pasted. */
  #pasteRich(s, pasted, clipboard) {
    const table = this.#markdown.table(pasted);
    if (table) {
      return this.#markdown.insert(s, table);
    }
    const text = this.#fromHTML(clipboard.getData("text/html"));
    if (text === null) {
      return null;
    }
    return text.includes("\n\n") ? this.#markdown.insert(s, text) : { start: s.start, end: s.end, text, select: [s.start + text.length, s.start + text.length] };
  }
}
