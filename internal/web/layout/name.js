// Says whether people can sign up with a name, while they type it.

/** checkName shows in an element what the site says about the name in a field. */
export function checkName(field, state) {
  let waiting = 0;
  let request = new AbortController();

  function say(sentence, free = false) {
    state.textContent = sentence;
    state.toggleAttribute("data-free", free);
  }

  async function check(name) {
    const slow = setTimeout(() => say("Checking…"), 500);
    try {
      const response = await fetch(`/register/name?${new URLSearchParams({ username: name })}`, { signal: request.signal });
      const { sentence, free } = await response.json();
      clearTimeout(slow);
      say(sentence, free);
    } catch (error) {
      if (error.name !== "AbortError") {
        say(""); // the form checks the name as well
      }
    } finally {
      clearTimeout(slow);
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    request.abort();
    request = new AbortController();
    const name = field.value.trim();
    if (!/^[\w-]*$/.test(name)) {
      say("Use lowercase letters, digits and hyphens.");
    } else if (name === "" || name.endsWith("-")) {
      say(""); // there is more to come
    } else {
      waiting = setTimeout(check, 300, name);
    }
  });
}
