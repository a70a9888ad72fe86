// What was changed on a page and is not saved yet. It is kept in this tab until then, so that it outlives a reload, a
// search and a sign-in anew; nobody but this tab's own user gets it back. Nothing of it is sent before a Save.

function kept(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
}

export class Staged extends EventTarget {
  #place;
  #changes;
  #notes;

  /** `here` is `{revision, at}`: which revision the page was read at, and when. */
  constructor(section, { matter, user }, here) {
    super();
    this.#place = `staged/${user}/${matter}/${section}`;
    this.here = here;
    const before = kept(this.#place);
    this.base = before?.base ?? here;
    this.#changes = new Map(before?.changes);
    this.#notes = new Map(before?.notes);
  }

  get size() { return this.#changes.size; }
  get(key) { return this.#changes.get(key); }
  has(key) { return this.#changes.has(key); }
  entries() { return [...this.#changes]; }

  /** Takes changes in and out, all in one step; `null` takes one out. */
  change(changes) {
    for (const [key, value] of changes) {
      if (value === null) this.#changes.delete(key);
      else this.#changes.set(key, value);
    }
    this.#keep();
    this.dispatchEvent(new Event("change"));
  }

  clear() { this.change(this.entries().map(([key]) => [key, null])); }

  /** What a page wants to know of the first word of a key as long as a change names it, a document's name for instance. */
  note(word, value) { this.#notes.set(word, value); }
  noted(word) { return this.#notes.get(word); }
  notes() { return [...this.#notes]; }

  /** Others have saved: from now on the changes are meant on top of that. */
  rebase(here) {
    this.here = here;
    this.base = here;
    this.#keep();
  }

  #keep() {
    if (this.size === 0) {
      this.base = this.here;
      this.#notes.clear();
      sessionStorage.removeItem(this.#place);
      return;
    }
    const used = new Set([...this.#changes.keys()].map((key) => key.split(" ", 1)[0]));
    for (const word of this.#notes.keys()) if (!used.has(word)) this.#notes.delete(word);
    try {
      sessionStorage.setItem(this.#place, JSON.stringify({ base: this.base, changes: [...this.#changes], notes: [...this.#notes] }));
    } catch {
      // More than the browser keeps: it holds as long as the page is open, and leaving it asks.
    }
  }
}
