// Takes over a text that was written on the public site before there was a blog, as draft.js writes it into the fragment of an
// address. Anybody can make such an address: the text is shown, and not saved until the author does.

const prefix = "#draft=";
const longest = 64 << 10;

/** take returns the title and the text in the address of the page, and clears them from there. null: there are none. */
export function take(page = window) {
  const { hash, pathname, search } = page.location;
  if (!hash.startsWith(prefix)) {
    return null;
  }
  page.history.replaceState(page.history.state, "", pathname + search);
  if (hash.length > longest) {
    return null;
  }
  try {
    const binary = atob(hash.slice(prefix.length).replaceAll("-", "+").replaceAll("_", "/"));
    const whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
    const end = whole.indexOf("\n");
    return end < 0 ? null : { title: whole.slice(0, end), text: whole.slice(end + 1) };
  } catch {
    return null; // it is not from draft.js
  }
}
