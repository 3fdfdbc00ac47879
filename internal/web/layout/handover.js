// Hands over a text that was written on the public site, before there was a blog, to the editor of the blog: in the fragment of an
// address, which servers never receive and browsers keep through the redirects of a login. Anybody can make such an address: the
// text is shown, and not saved until the author does.

const prefix = "#draft=";
const longest = 64 << 10;

/** fragment returns a draft as the fragment of an address. null: it is too long for one. */
export function fragment({ title, text }) {
  const bytes = new TextEncoder().encode(`${title.replaceAll("\n", " ")}\n${text}`);
  if (bytes.length > longest) {
    return null;
  }
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const encoded = prefix + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return encoded.length <= longest ? encoded : null;
}

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
    return null; // fragment has not made it
  }
}
