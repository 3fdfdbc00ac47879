// A text that a visitor writes on the public site before there is a blog. It stays in this browser.

const key = "draft";
const day = 24 * 60 * 60 * 1000;

/** read returns the draft: title and text, whether its author has signed up since, and when a blog's editor opened it. null: there is none. */
export function read() {
  try {
    const { title, text, signedUp = false, opened = 0 } = JSON.parse(localStorage.getItem(key));
    if (`${title}${text}`.trim() !== "" && (opened === 0 || Date.now() - opened < day)) {
      return { title: String(title), text: String(text), signedUp, opened };
    }
  } catch {
    return null; // nothing is kept, or the browser keeps nothing
  }
  drop();
  return null;
}

/** keep keeps a draft. It returns whether the browser does. */
export function keep(draft) {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** drop drops the draft. */
export function drop() {
  try {
    localStorage.removeItem(key);
  } catch {
    // the browser keeps nothing
  }
}
