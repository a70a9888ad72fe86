// How a document stands to contacts, with what is staged on top; and how its row is drawn.

import { make, name } from "./api.js";
import { fileIcon, icon } from "./icon.js";
import { when } from "./times.js";
import { few } from "./words.js";

/** Under which key a document and a contact are staged. */
export const key = (document, contact) => `${document} ${contact}`;
export const pair = (text) => {
  const [document, contact] = text.split(" ");
  return { document, contact };
};

const CHIPS = 4;

/** A row of the API: whether it is visible to a contact now, and whether it will be after a Save. */
export const isLive = (item, contact) => item.shares.some((share) => share.contact === contact && share.state === "live");
export const willBe = (item, contact, staged) => staged.get(key(item.document.id, contact))?.share ?? isLive(item, contact);

/** One chip for each contact whom the row concerns; `only`: said of one who has it alone among the chosen. */
function chips(item, { people, staged, chosen, only }) {
  const { document, shares } = item;
  const all = new Set(shares.filter((share) => share.state === "live").map((share) => share.contact));
  for (const contact of people.keys()) if (staged.has(key(document.id, contact))) all.add(contact);
  // Whoever was chosen comes first.
  const order = [...all].sort((a, b) => chosen.includes(b) - chosen.includes(a));
  const shown = order.slice(0, order.length > CHIPS + 1 ? CHIPS : order.length);
  const list = shown.map((contact) => {
    const person = people.get(contact) ?? { name: "Somebody" };
    const change = staged.get(key(document.id, contact));
    const share = shares.find((one) => one.contact === contact);
    const [text, kind, mark] = said(document, share, person, change);
    return make("li", { class: `chip ${kind}`, "data-contact": contact }, icon(mark), make("span", {}, name(person.name), only && shown.length === 1 ? " only" : "", ` – ${text}`));
  });
  if (order.length > shown.length) list.push(make("li", { class: "chip" }, `and ${order.length - shown.length} more`));
  return list;
}

function said(document, share, person, change) {
  const live = share?.state === "live";
  if (change && !change.share) return [live ? "will stop" : "offer will be dropped", "warn", "minus"];
  if (change && !live) return ["will be shared", "accent", "plus"];
  if (!person.access) return ["portal closed", "", "lock"];
  if (document.uploader === share.contact) return ["sent it", "", "cloud-upload"];
  if (!share.seen) return ["not opened", "", "eye-off"];
  if (share.seen.version < document.version) return ["has seen an older version", "", "history"];
  return [share.seen.downloaded ? "downloaded" : "seen", "good", "eye"];
}

/** A moment, as every page shows it. */
export const time = (ms) => make("time", { datetime: new Date(ms).toISOString() }, when(ms));

/** The row; `state` is `will`, `stop`, `drop` (of an offer) or none, `actions` are its buttons. */
export function row(item, { people, staged, chosen, only, state, gone, actions }) {
  const { document } = item;
  const uploader = document.uploader && people.get(document.uploader);
  const mark = { will: ["Will be shared", "accent"], stop: ["Will stop", "warn"], drop: ["Will not be offered again", "warn"] }[state];
  return make("tr", { role: "row", "data-row": document.id, "data-state": state },
    make("th", { scope: "row", role: "rowheader" }, make("div", { class: "name-cell" }, fileIcon(document.media_type),
      make("div", {}, name(document.name),
        document.uploader || document.source === "portal" ? make("div", { class: "sent small" }, icon("cloud-upload"), "Uploaded by ", uploader ? name(uploader.name) : "a customer") : null,
        mark ? make("div", {}, make("span", { class: `chip ${mark[1]}`, "data-mark": state }, mark[0])) : null,
        gone ? make("div", {}, make("span", { class: "chip bad" }, icon("triangle-alert"), "Not in the matter any more")) : null,
        make("div", { class: "on-narrow quiet small" }, "Activity ", time(document.activity_at))))),
    make("td", { class: "on-wide", role: "cell" }, time(document.activity_at)),
    make("td", { class: "on-wide", role: "cell" }, time(document.created_at)),
    make("td", { class: "who", role: "cell" }, make("ul", { class: "chips" }, ...chips(item, { people, staged, chosen, only }))),
    make("td", { class: "actions", role: "cell" }, make("div", {}, ...actions)));
}

/** A button of a row: a few words that are seen, and the rest of its name for who cannot see the row. */
export function action(at, { label, rest, mark, square, kind = "", off = false }, run) {
  const button = make("button", { class: `button low ${square ? "square" : ""} ${kind}`, type: "button", "data-at": at, disabled: off },
    icon(mark), square ? make("span", { class: "for-readers" }, `${label} ${rest}`) : make("span", {}, label, make("span", { class: "for-readers" }, ` ${rest}`)));
  if (run) button.addEventListener("click", run);
  return button;
}

/** Names of contacts, as a button or a sentence has them. */
export const namesOf = (contacts, people, most = 3) => few(contacts.map((contact) => people.get(contact)?.name ?? "a contact"), most);
