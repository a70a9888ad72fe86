// What a Save of the Sharing section comes to, in words; what becomes of it when others saved first or a document is
// gone; and the way back after it.

import { ask, make, name, newKey, Problem } from "./api.js";
import { key, namesOf, pair } from "./document-row.js";
import { icon } from "./icon.js";
import { reload } from "./leave.js";
import { meanwhile } from "./meanwhile.js";
import { othersSaved, review } from "./review.js";
import { keep } from "./saved.js";
import { many, span } from "./words.js";

/** Documents that one list of the review names; the rest is counted. */
const NAMED = 20;
/** For so long, in seconds, a Save can be undone where no mail waits. */
const SHORT = 60;

export class SharingSave {
  constructor({ whose, url, hold, people, staged, refresh }) {
    Object.assign(this, { whose, url, hold, people, staged, refresh });
    this.gone = new Set();
  }

  #document(id) { return this.staged.noted(id)?.document.name ?? "A document"; }
  #names(contacts) { return namesOf(contacts, this.people); }

  #body() {
    const of = (share) => this.staged.entries().filter(([, change]) => change.share === share).map(([text]) => pair(text));
    return { revision: this.staged.base.revision, share: of(true), unshare: of(false) };
  }

  /** Opens the review; answers whether it was saved. */
  async save() {
    const before = new Map(this.staged.notes());
    const saved = await review({
      url: this.url,
      body: () => this.#body(),
      describe: (answer) => this.#describe(answer),
      meanwhile: () => this.#meanwhile(),
      about: ({ attributes }) => this.#about(attributes),
      leaveOut: (faults, dry) => this.#leaveOut(faults, dry),
    });
    if (!saved) {
      this.refresh();
      return false;
    }
    this.staged.clear();
    if (!saved.shared) return true;
    const seconds = saved.notified.length ? this.hold : SHORT;
    keep("sharing", this.whose, {
      text: this.#done(saved),
      until: Date.now() + seconds * 1000,
      undo: { shared: saved.shared, unshared: saved.unshared, revision: saved.revision, notes: [...before], told: saved.notified.length, at: this.staged.here.at },
    });
    return true;
  }

  #done({ shared, unshared, notified, attributes }) {
    const group = (pairs, words) => (pairs.length ? [`${words} ${many(new Set(pairs.map((one) => one.document)).size, "document")} with ${this.#names([...new Set(pairs.map((one) => one.contact))])}.`] : []);
    const dropped = attributes.declined ? [`${many(Number(attributes.declined), "offer")} dropped.`] : [];
    return [...group(shared, "Shared"), ...group(unshared, "Stopped sharing"), ...dropped, this.#told(notified)];
  }

  #told(notified) {
    if (notified.length === 0) return "No mail goes out for this.";
    const mails = notified.length === 1 ? "is told by one mail" : "are told, each by one mail";
    return this.hold === 0 ? `${this.#names(notified)} ${mails}, at once.` : `${this.#names(notified)} ${mails}, in ${span(this.hold)}. Until then it can be undone.`;
  }

  #describe(answer) {
    const declined = Number(answer.attributes.declined ?? 0);
    if (answer.shared.length + answer.unshared.length + declined === 0) return [];
    const contacts = [...new Set([...answer.shared, ...answer.unshared].map((one) => one.contact))];
    const list = (title, mark, pairs, contact) => {
      const documents = pairs.filter((one) => one.contact === contact).map((one) => one.document);
      if (documents.length === 0) return null;
      const lines = documents.slice(0, NAMED).map((id) => make("li", {}, name(this.#document(id))));
      if (documents.length > NAMED) lines.push(make("li", {}, `and ${documents.length - NAMED} more`));
      return make("div", { "data-list": mark }, make("h4", {}, icon(mark), `${title} (${documents.length})`), make("ul", {}, ...lines));
    };
    const people = contacts.map((contact) => {
      const person = this.people.get(contact);
      return make("section", { class: "review-person", "data-contact": contact },
        make("h3", {}, name(person?.name ?? "A contact"), person?.email ? make("span", { class: "quiet small" }, " ", name(person.email)) : null),
        list("Will see", "plus", answer.shared, contact), list("Will no longer see", "minus", answer.unshared, contact));
    });
    const parts = [];
    const said = this.#warnings(answer);
    if (said.length) parts.push(make("div", { class: "note warn", "data-warnings": true }, icon("triangle-alert"), make("div", {}, make("p", {}, make("strong", {}, "Look at this before you save")), make("ul", {}, ...said.map((one) => make("li", {}, ...one))))));
    parts.push(...people);
    if (declined) parts.push(make("p", {}, `${many(declined, "offer")} of a document that came back will be dropped.`));
    const left = this.#alreadySo(answer, declined);
    if (left.length) parts.push(make("p", { class: "quiet", "data-already": true }, `${many(left.length, "change")} left out, as it is so already: ${left.slice(0, 5).join(", ")}${left.length > 5 ? " and more" : ""}.`));
    parts.push(make("p", { class: "told", "data-told": true }, icon("mail"), make("span", {}, this.#told(answer.notified))));
    return parts;
  }

  #warnings(answer) {
    const said = answer.warnings.map((warning) => {
      const way = warning.code === "cannot-be-seen" ? [" ", make("a", { href: `/matters/${this.whose.matter}/client-connect/access` }, "Let them download"), " or leave it out."] : [];
      return [warning.message, ...way];
    });
    for (const contact of new Set(answer.shared.map((one) => one.contact))) {
      const person = this.people.get(contact);
      if (person?.first) said.push(["This is the first time that documents are shared with ", name(person.name), ". Is ", name(person.email), " the right address?"]);
    }
    return said;
  }

  /** Staged, but no change any more. */
  #alreadySo(answer, declined) {
    const does = new Set([...answer.shared, ...answer.unshared].map((one) => key(one.document, one.contact)));
    const left = this.staged.entries().filter(([text]) => !does.has(text)).map(([text]) => pair(text));
    if (declined && left.length <= declined) return [];
    return left.map((one) => `“${this.#document(one.document)}” for ${this.#names([one.contact])}`);
  }

  /** Others saved first: what they did, and from now on the changes are meant on top of it. */
  async #meanwhile() {
    const { at } = this.staged.base;
    const [section, sentences] = await Promise.all([
      ask(this.url),
      meanwhile({ matter: this.whose.matter, family: "document.", since: at }),
    ]);
    this.staged.rebase({ revision: section.revision, at: Math.max(at, this.staged.here.at) });
    return [othersSaved(sentences)];
  }

  #about(attributes) {
    const parts = [];
    if (attributes?.document) parts.push(this.#document(attributes.document));
    if (attributes?.contact) parts.push(this.people.get(attributes.contact)?.name ?? "A contact");
    return parts.join(", ");
  }

  #leaveOut(faults, dry) {
    const documents = new Set(faults.map((fault) => fault.attributes?.document).filter(Boolean));
    const contacts = new Set(faults.map((fault) => fault.attributes?.contact).filter(Boolean));
    for (const fault of faults) if (fault.code === "document-gone") this.gone.add(fault.attributes.document);
    const out = this.staged.entries().filter(([text]) => {
      const { document, contact } = pair(text);
      return documents.has(document) || contacts.has(contact);
    });
    if (!dry) this.staged.change(out.map(([text]) => [text, null]));
    return out.length;
  }

  /** Takes a Save back: the same Save with its two lists exchanged. */
  async undo({ undo }) {
    const { shared, unshared, revision, told, at } = undo;
    try {
      await ask(this.url, { method: "PUT", body: { revision, share: unshared, unshare: shared }, key: newKey() });
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 401) return reload();
      // It does not go as it is. Then it is staged, and the review says why, and what can be done.
      for (const [id, item] of undo.notes) this.staged.note(id, item);
      this.staged.change([...shared.map((one) => [key(one.document, one.contact), { share: false }]), ...unshared.map((one) => [key(one.document, one.contact), { share: true }])]);
      if (await this.save()) reload();
      return;
    }
    const seen = shared.length ? await this.#opened(shared, at) : [];
    const text = ["Undone.", told ? "The mail that was waiting is held back." : ""].filter(Boolean);
    if (seen.length) text.push(`But it was opened before: ${seen.join(", ")}. That stands in the audit log.`);
    keep("sharing", this.whose, { text, until: 0 });
    reload();
  }

  /** Who has opened one of these documents since. */
  async #opened(pairs, since) {
    const wanted = new Set(pairs.map((one) => key(one.document, one.contact)));
    const seen = new Set();
    for (const type of ["document.viewed", "document.downloaded"]) {
      const { items } = await ask(`/api/matters/${this.whose.matter}/audit?${new URLSearchParams({ type, since, limit: 200 })}`);
      for (const row of items) if (wanted.has(key(row.document, row.contact ?? row.actor))) seen.add(`${row.actor_name ?? "a contact"} saw “${row.body?.document?.name ?? "a document"}”`);
    }
    return [...seen];
  }
}
