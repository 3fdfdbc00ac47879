// A text that a visitor writes on the public site before there is a blog. It stays in this browser.

const key = "draft";
const day = 24 * 60 * 60 * 1000;
// Servers never receive a fragment, and browsers keep it through the redirects of a login.
const prefix = "#draft=";
const longest = 64 << 10;

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

/** fragment returns the draft as the fragment of an address, which handover.js reads. null: it is too long for one. */
export function fragment({ title, text }) {
  const bytes = new TextEncoder().encode(`${title.replaceAll("\n", " ")}\n${text}`);
  if (bytes.length > longest) {
    return null;
  }
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const encoded = prefix + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return encoded.length <= longest ? encoded : null;
}
