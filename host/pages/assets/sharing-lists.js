// The lists of the Sharing section: what the chosen contacts see, what only some of them see, all documents of the
// matter, and what came back to it. What is staged is drawn on top of what is stored.

import { make } from "./api.js";
import { DocumentList } from "./document-list.js";
import { action, isLive, key, namesOf, row, willBe } from "./document-row.js";
import { icon } from "./icon.js";
import { fold, many } from "./words.js";

const COLUMNS = [["name", "Name"], ["activity_at", "Activity"], ["created_at", "Created"]];
const LANES = { lapsed: "lapsed", shared: "all_of_them", some: "some_of_them", all: "whole_matter" };

export class SharingLists {
  #loaded = {};

  constructor(given) {
    Object.assign(this, given);
    this.lists = {};
    this.places = {};
    for (const which of Object.keys(LANES)) {
      this.places[which] = this.root.querySelector(`[data-list='${which}']`);
      // What the list of all says where it is empty depends on how many only some of them see.
      const drawn = which === "some" ? ["some", "shared"] : [which];
      this.lists[which] = new DocumentList(`${this.url}/documents`, () => drawn.forEach((one) => this.draw(one)));
      this.#minimise(which);
    }
  }

  /** Reads each list anew whose question is another one than before. */
  load() {
    const { chosen, search, sort, descending } = this.view;
    const query = { sort, ...(descending ? { descending } : {}), ...(search.trim() ? { search: search.trim() } : {}) };
    const contacts = chosen.length ? { contacts: chosen.join(",") } : {};
    this.places.some.hidden = chosen.length < 2;
    this.lists.shared.load(chosen.length ? { ...query, ...contacts, lane: LANES.shared } : null);
    this.lists.some.load(chosen.length > 1 ? { ...query, ...contacts, lane: LANES.some } : null);
    this.lists.lapsed.load({ ...query, ...contacts, lane: LANES.lapsed });
    this.lists.all.load({ ...query, lane: LANES.all });
  }

  draw(which) {
    for (const one of which ? [which] : Object.keys(LANES)) this.#draw(one);
  }

  // ---- What a list shows

  /** The rows of a list: what is stored, and before it what is staged to be there. */
  #rows(which) {
    const { items } = this.lists[which];
    const { chosen } = this.view;
    const moved = (item) => chosen.length > 0 && chosen.every((contact) => willBe(item, contact, this.staged)) && !chosen.every((contact) => isLive(item, contact));
    if (which === "shared" && chosen.length) {
      const there = new Set(items.map((item) => item.document.id));
      return [...this.#noted().filter((item) => moved(item) && !there.has(item.document.id)), ...items];
    }
    if (which === "some" && chosen.length > 1) {
      const there = new Set(items.map((item) => item.document.id));
      const some = (item) => {
        const will = chosen.filter((contact) => willBe(item, contact, this.staged));
        return will.length > 0 && will.length < chosen.length && !chosen.every((contact) => isLive(item, contact));
      };
      return [...this.#noted().filter((item) => some(item) && !there.has(item.document.id)), ...items.filter((item) => !moved(item))];
    }
    return items;
  }

  /** The documents of staged changes that the search lets through. */
  #noted() {
    const wanted = fold(this.view.search.trim());
    return this.staged.notes().map(([, item]) => item).filter((item) => fold(item.document.name).includes(wanted))
      .sort((a, b) => a.document.name.localeCompare(b.document.name));
  }

  #draw(which) {
    const list = this.lists[which];
    // The newest of a document is what its staged changes are drawn with.
    for (const item of list.items) if (which !== "lapsed" && this.staged.noted(item.document.id)) this.#refresh(item);
    const place = this.places[which];
    const body = place.querySelector("[data-body]");
    const rows = this.#rows(which);
    if (which === "lapsed") place.hidden = rows.length === 0;
    if (which === "some" && list.state === "there" && this.#rows("shared").length === 0) this.#draw("shared");
    const kept = this.#focus(body);
    body.setAttribute("aria-busy", String(list.state === "reading"));
    body.replaceChildren(...this.#content(which, list, rows));
    this.#refocus(place, body, kept);
    const more = list.exact ? "" : "more than ";
    place.querySelector("[data-count]").textContent = list.state === "empty" || (list.state === "reading" && !list.items.length) ? "" : `${more}${many(list.total, "document")}`;
    const changed = rows.filter((item) => this.#state(item)).length;
    const chip = place.querySelector("[data-changed]");
    if (chip) {
      chip.hidden = changed === 0;
      chip.textContent = `${changed} changed`;
    }
  }

  /** What a list of chosen contacts alone says of a document completes what is known of all, and does not replace it. */
  #refresh(item) {
    const known = this.staged.noted(item.document.id);
    const fresh = new Set(item.shares.map((share) => share.contact));
    this.staged.note(item.document.id, { ...item, shares: [...item.shares, ...known.shares.filter((share) => !fresh.has(share.contact))] });
  }

  #content(which, list, rows) {
    const { chosen, search } = this.view;
    const empty = (...inside) => make("div", { class: "empty low" }, ...inside);
    if (list.state === "failed") {
      const again = make("button", { class: "button", type: "button", "data-at": "again" }, "Try again");
      again.addEventListener("click", () => list.again());
      return [make("div", { class: "empty low", role: "alert" }, make("p", {}, list.problem.message), again)];
    }
    if (which === "shared" && chosen.length === 0) return [empty(make("p", {}, "Choose one or several contacts above to see what is shared with them."))];
    if (rows.length === 0) {
      if (list.state === "reading") return [empty(make("p", {}, "Reading …"))];
      if (list.next) return [empty(make("p", {}, "Nothing found yet.")), this.#more(list)];
      return [empty(make("p", {}, this.#onlySome(which) ?? (search.trim() ? `No match for “${search.trim()}”.` : this.#nothing(which))))];
    }
    const table = make("table", { role: "table", class: "documents" }, this.#head(), make("tbody", { role: "rowgroup" }, ...rows.map((item) => this.#row(which, item))));
    return [make("div", { class: "table-wrap" }, table), list.next ? this.#more(list) : null].filter(Boolean);
  }

  /** That nothing is shared with all of them does not say that nothing is shared. */
  #onlySome(which) {
    const { total } = this.lists.some;
    if (which !== "shared" || this.view.chosen.length < 2 || !total) return null;
    return `Nothing is shared with all of them. ${many(total, "document is", "documents are")} shared with only some.`;
  }

  #nothing(which) {
    const { chosen } = this.view;
    if (which === "all") return "This matter has no documents yet.";
    if (which === "some") return "Nothing is shared with only some of them.";
    return `Nothing is shared with ${namesOf(chosen, this.people)} yet.`;
  }

  #head() {
    const head = COLUMNS.map(([by, label]) => {
      const sorted = this.view.sort === by;
      const button = make("button", { class: "sort", type: "button", "data-at": `sort-${by}` }, label, icon(sorted ? (this.view.descending ? "arrow-down" : "arrow-up") : "arrow-up-down"));
      button.addEventListener("click", () => this.sort(by));
      return make("th", { scope: "col", role: "columnheader", class: by === "name" ? null : "on-wide", "aria-sort": sorted ? (this.view.descending ? "descending" : "ascending") : "none" }, button);
    });
    return make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...head,
      make("th", { scope: "col", role: "columnheader", class: "who" }, "Who sees it"),
      make("th", { scope: "col", role: "columnheader", class: "actions" }, make("span", { class: "for-readers" }, "Actions"))));
  }

  #more(list) {
    const button = make("button", { class: "button", type: "button", "data-at": "more" }, list.state === "reading" ? "Reading …" : "Show more");
    button.addEventListener("click", () => list.more());
    return make("div", { class: "pager" }, make("span"), button);
  }

  // ---- One row

  #state(item) {
    const { chosen } = this.view;
    const of = chosen.length ? chosen : [...this.people.keys()];
    const changed = of.filter((contact) => this.staged.has(key(item.document.id, contact)));
    if (changed.length === 0) return null;
    if (changed.some((contact) => this.staged.get(key(item.document.id, contact)).share)) return "will";
    return changed.some((contact) => isLive(item, contact)) ? "stop" : "drop";
  }

  #row(which, item) {
    const { people, staged } = this;
    const { chosen } = this.view;
    const gone = this.gone.has(item.document.id);
    return row(item, { people, staged, chosen, only: which === "some", state: this.#state(item), gone, actions: this.may ? this.#actions(which, item) : [] });
  }

  #actions(which, item) {
    const { chosen } = this.view;
    const { id, name } = item.document;
    const change = (contact) => this.staged.get(key(id, contact));
    if (which === "lapsed") return this.#offered(item);
    const names = (contacts) => namesOf(contacts, this.people);
    if (chosen.length === 0) return which === "all" ? [action(`${id}/add`, { label: "Share", rest: `${name}: choose a contact first`, mark: "plus", square: true, off: true })] : [];
    const added = chosen.filter((contact) => change(contact)?.share);
    const stopped = chosen.filter((contact) => change(contact)?.share === false);
    const live = chosen.filter((contact) => isLive(item, contact));
    const missing = chosen.filter((contact) => !isLive(item, contact) && !added.includes(contact));
    const without = (contacts) => contacts.map((contact) => [contact, null]);
    const add = () => this.stage(item, [...missing.map((contact) => [contact, { share: true }]), ...without(stopped)], `${name} will be shared with ${names(missing.length ? missing : chosen)}.`);
    const stop = () => this.stage(item, [...live.map((contact) => [contact, { share: false }]), ...without(added)], `${name} will no longer be shared with ${names(chosen)}.`);
    const back = () => this.stage(item, without(added), `${name} will not be shared.`);
    const on = () => this.stage(item, without(stopped), `${name} stays shared with ${names(stopped)}.`);

    const plus = (contacts) => action(`${id}/add`, { label: "Share", rest: `${name} with ${names(contacts)}`, mark: "plus", square: true, kind: "add" }, add);
    const notShare = action(`${id}/back`, { label: "Do not share", rest: `${name} with ${names(added)}`, mark: "undo-2" }, back);
    const keepOn = action(`${id}/back`, { label: "Keep sharing", rest: `${name} with ${names(stopped)}`, mark: "undo-2" }, on);
    const stopping = action(`${id}/stop`, { label: "Stop sharing", rest: `${name} with ${names(live)}`, mark: "x" }, stop);
    if (which === "all") {
      if (added.length) return [notShare];
      if (stopped.length) return [keepOn];
      if (missing.length === 0) return [action(`${id}/add`, { label: "Shared:", rest: `${name} with ${names(chosen)} already`, mark: "check", square: true, off: true })];
      return [plus(missing)];
    }
    const actions = [];
    if (added.length) actions.push(notShare);
    else if (stopped.length) actions.push(keepOn);
    if (which === "some" && missing.length && !added.length && !stopped.length) actions.push(plus(missing));
    if (live.length > stopped.length && !added.length) actions.push(stopping);
    return actions;
  }

  /** A document that came back: to whom it may be offered again. */
  #offered(item) {
    const { id, name } = item.document;
    const contacts = item.shares.filter((share) => share.state === "lapsed").map((share) => share.contact);
    const names = namesOf(contacts, this.people);
    const staged = contacts.filter((contact) => this.staged.has(key(id, contact)));
    if (staged.length) return [action(`${id}/back`, { label: "Undo", rest: `for ${name}`, mark: "undo-2" }, () => this.stage(item, staged.map((contact) => [contact, null]), `${name} stays as it is.`))];
    return [
      action(`${id}/add`, { label: "Share again", rest: `${name} with ${names}`, mark: "plus" }, () => this.stage(item, contacts.map((contact) => [contact, { share: true }]), `${name} will be shared again with ${names}.`)),
      action(`${id}/stop`, { label: "Let it be", rest: `and do not offer ${name} again`, mark: "x" }, () => this.stage(item, contacts.map((contact) => [contact, { share: false }]), `${name} will not be offered again.`)),
    ];
  }

  // ---- What stays as it is while a list is drawn anew

  #focus(body) {
    const at = document.activeElement;
    if (!body.contains(at)) return null;
    const line = at.closest("[data-row]");
    return { at: at.dataset.at, row: line?.dataset.row, index: line ? [...line.parentElement.children].indexOf(line) : -1 };
  }

  /** The focus stays at its button, or in its row, or goes to the row that has moved there. */
  #refocus(place, body, kept) {
    if (!kept) return;
    const lines = [...body.querySelectorAll("[data-row]")];
    const line = lines.find((one) => one.dataset.row === kept.row);
    const next = lines[Math.min(kept.index, lines.length - 1)];
    const target = body.querySelector(`[data-at='${CSS.escape(kept.at ?? "")}']:not(:disabled)`)
      ?? line?.querySelector("button:not(:disabled)") ?? (kept.index >= 0 ? next?.querySelector("button:not(:disabled)") : null)
      ?? place.querySelector("h2");
    target?.focus();
  }

  /** Each list can be minimised, and stays so. */
  #minimise(which) {
    const place = this.places[which];
    const button = place.querySelector("[data-minimise]");
    if (!button) return;
    const memory = `minimised/${which}`;
    const set = (closed) => {
      place.querySelector("[data-body]").hidden = closed;
      button.setAttribute("aria-expanded", String(!closed));
    };
    set(localStorage.getItem(memory) === "yes");
    button.addEventListener("click", () => {
      const closed = button.getAttribute("aria-expanded") === "true";
      set(closed);
      if (closed) localStorage.setItem(memory, "yes");
      else localStorage.removeItem(memory);
    });
  }
}
