// One list of documents, read a page at a time: never more of it than was asked for.

import { ask, Problem } from "./api.js";
import { reload } from "./leave.js";

const ROWS = 25;
/** A page may come without rows and still go on: so many such pages are passed over at once. */
const PATIENCE = 5;

export class DocumentList {
  items = [];
  next = null;
  total = 0;
  exact = true;
  /** `empty` (nothing was asked), `reading`, `there`, `failed` */
  state = "empty";
  problem = null;
  #url;
  #query = null;
  #running;
  #draw;

  constructor(url, draw) {
    this.#url = url;
    this.#draw = draw;
  }

  /** Reads from the beginning. Rows that are shown stay until the new ones are there. */
  async load(query) {
    this.#running?.abort();
    this.#query = query;
    if (!query) {
      Object.assign(this, { items: [], next: null, total: 0, exact: true, state: "empty", problem: null });
      this.#draw(this);
      return;
    }
    await this.#read(null);
  }

  again() { return this.load(this.#query); }

  /** Reads the page that follows. */
  async more() {
    if (this.next && this.state !== "reading") await this.#read(this.next);
  }

  async #read(after) {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.state = "reading";
    this.#draw(this);
    try {
      let page;
      const rows = [];
      for (let round = 0; round === 0 || (rows.length === 0 && page.next && round < PATIENCE); round++) {
        const query = new URLSearchParams({ ...this.#query, limit: ROWS });
        if (after) query.set("after", after);
        page = await ask(`${this.#url}?${query}`, { signal: running.signal });
        rows.push(...page.items);
        if (round === 0 && !after) this.items = [];
        after = page.next;
      }
      this.items.push(...rows);
      Object.assign(this, { next: page.next, total: page.total, exact: page.exact, state: "there", problem: null });
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 401) return reload();
      Object.assign(this, { state: "failed", problem });
    }
    if (this.#running === running) this.#draw(this);
  }
}
