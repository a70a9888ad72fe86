// The Notifications section: who is told in which way, staged until it is saved. The owner stands in the list by
// default and is not stored by a Save, unless something was said of them: or today's owner would stay for ever.

import { ask, make, name } from "./api.js";
import { icon } from "./icon.js";
import { reload } from "./leave.js";
import { meanwhile } from "./meanwhile.js";
import { othersSaved, review } from "./review.js";
import { keep, showSaved } from "./saved.js";
import { Staged } from "./staged.js";
import { count, say, stagedPage } from "./staged-page.js";

const root = document.getElementById("notifications");
const { matter, user } = root.dataset;
const whose = { matter, user };
const url = `/api/matters/${matter}/client-connect/notifications`;
const staged = new Staged("notifications", whose, { revision: Number(root.dataset.revision), at: Number(root.dataset.now) });
const body = root.querySelector("tbody");
const select = document.getElementById("add-user");

/** Names by id, of all whom the page knows. */
const names = new Map([...select.options].filter((option) => option.value).map((option) => [option.value, option.textContent]));
/** What is stored, by user; `byDefault` is shown, and stored nowhere. */
const stored = new Map();
const lines = new Map();
for (const row of body.querySelectorAll("tr[data-watcher]")) {
  const { watcher, inApp, byMail, byDefault, owner } = row.dataset;
  names.set(watcher, row.dataset.name);
  lines.set(watcher, { row, owner: owner !== undefined, reached: !row.querySelector(".obstacle") });
  stored.set(watcher, { in_app: inApp !== undefined, email: byMail !== undefined, byDefault: byDefault !== undefined });
}
const nameOf = (id) => names.get(id) ?? staged.noted(id)?.name ?? "Somebody";
const isOwner = (id) => lines.get(id)?.owner ?? false;

/** What will hold for a user: none if they will not be in the list. */
function will(id) {
  const change = staged.get(id);
  if (change?.removed) return isOwner(id) ? { in_app: true, email: true, byDefault: true } : null;
  return change ?? stored.get(id) ?? null;
}
const everybody = () => [...new Set([...stored.keys(), ...staged.entries().map(([id]) => id)])];

// ---- The rows

/** A row for somebody who is added. */
function added(id) {
  const tick = (kind, label) => make("td", { role: "cell" }, make("label", { class: "tick" }, make("input", { type: "checkbox", "data-kind": kind }),
    make("span", { class: "cell-label" }, label, make("span", { class: "for-readers" }, ": ", name(nameOf(id))))));
  const row = make("tr", { role: "row", "data-watcher": id },
    make("th", { scope: "row", role: "rowheader" }, name(nameOf(id)), make("div", { "data-marks": true })),
    tick("in_app", "In the app"), tick("email", "By e-mail"),
    make("td", { class: "actions", role: "cell" }, make("button", { class: "button low", type: "button", "data-remove": true }, icon("trash-2"), make("span", { "data-remove-label": true }, "Take out"), make("span", { class: "for-readers" }, " ", name(nameOf(id))))));
  body.append(row);
  lines.set(id, { row, owner: false, reached: true, added: true });
}

function draw() {
  for (const [id] of staged.entries()) if (!lines.has(id) && !staged.get(id).removed) added(id);
  for (const [id, line] of lines) {
    const change = staged.get(id);
    if (line.added && !change) {
      line.row.remove();
      lines.delete(id);
      continue;
    }
    const now = will(id);
    const gone = change?.removed && !isOwner(id);
    for (const box of line.row.querySelectorAll("[data-kind]")) {
      box.checked = now?.[box.dataset.kind] ?? false;
      box.disabled = Boolean(gone);
    }
    const mark = !change ? null : gone ? ["will be taken out", "warn", "minus"] : !stored.has(id) ? ["will be added", "accent", "plus"] : ["will change", "accent", "pencil"];
    line.row.dataset.state = mark ? (gone ? "stop" : "will") : "";
    line.row.querySelector("[data-marks]").replaceChildren(...(mark ? [make("span", { class: `chip ${mark[1]}`, "data-mark": true }, icon(mark[2]), mark[0])] : []));
    const label = line.row.querySelector("[data-remove-label]");
    if (label) label.textContent = change?.removed ? "Keep" : isOwner(id) ? "Back to the default" : "Take out";
  }
  for (const option of select.options) if (option.value) option.hidden = option.disabled = lines.has(option.value);
  const told = everybody().some((id) => {
    const now = will(id);
    return now && (now.in_app || now.email) && (lines.get(id)?.reached ?? true);
  });
  document.getElementById("nobody").hidden = told || staged.size === 0;
}

function stage(id, change, said) {
  staged.note(id, { name: nameOf(id) });
  staged.change([[id, change]]);
  say(`${nameOf(id)} ${said}. ${count(staged.size)}.`);
}

body.addEventListener("change", ({ target }) => {
  const row = target.closest("tr[data-watcher]");
  if (!row || !target.dataset.kind) return;
  const id = row.dataset.watcher;
  const kinds = Object.fromEntries([...row.querySelectorAll("[data-kind]")].map((box) => [box.dataset.kind, box.checked]));
  const before = stored.get(id);
  const same = before && before.in_app === kinds.in_app && before.email === kinds.email;
  const how = [kinds.in_app ? "in the app" : "", kinds.email ? "by e-mail" : ""].filter(Boolean).join(" and ");
  stage(id, same ? null : kinds, how ? `is told ${how}` : "is not told");
});
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-remove]");
  const id = button?.closest("tr").dataset.watcher;
  if (!id) return;
  const next = button.closest("tr").nextElementSibling ?? button.closest("tr").previousElementSibling;
  if (staged.get(id)?.removed) stage(id, null, "stays in the list");
  else if (stored.has(id)) stage(id, { removed: true }, "will be taken out");
  else {
    stage(id, null, "is not added");
    next?.querySelector("input")?.focus();
  }
});
document.getElementById("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = select.value;
  if (!id) return select.focus();
  // Whoever is added is told in both ways, until one is taken away.
  stage(id, { in_app: true, email: true }, "will be added");
  select.value = "";
  lines.get(id).row.querySelector("input").focus();
});
staged.addEventListener("change", draw);
draw();

// ---- The Save: the whole list

function sent() {
  const watchers = everybody().map((id) => [id, will(id)]).filter(([, now]) => now && !now.byDefault);
  return { revision: staged.base.revision, watchers: watchers.map(([id, { in_app, email }]) => ({ user: id, in_app, email })) };
}

const ways = ({ in_app, email }) => (in_app && email ? "in the app and by e-mail" : in_app ? "in the app only" : email ? "by e-mail only" : "not at all");

function describe(answer) {
  if (answer.revision === staged.base.revision) return [];
  const said = staged.entries().map(([id, change]) => {
    if (change.removed) return isOwner(id) ? [name(nameOf(id)), " is told as the owner again, in both ways."] : [name(nameOf(id)), " is taken out."];
    return stored.has(id) ? [name(nameOf(id)), " is told ", make("strong", {}, ways(change)), ", before ", ways(stored.get(id)), "."] : [name(nameOf(id)), " is added, and told ", make("strong", {}, ways(change)), "."];
  });
  const notes = [...answer.notes, ...answer.rows.filter((row) => staged.has(row.watcher.user)).flatMap((row) => row.obstacles)];
  const parts = [make("ul", { "data-list": "watchers" }, ...said.map((line) => make("li", {}, ...line)))];
  if (notes.length) parts.unshift(make("div", { class: "note warn", "data-warnings": true }, icon("triangle-alert"), make("ul", {}, ...notes.map((note) => make("li", {}, note.message)))));
  parts.push(make("p", { class: "told", "data-told": true }, icon("bell"), make("span", {}, "Nobody gets a mail for this Save. It holds for what contacts send from now on.")));
  return parts;
}

/** Others saved first: the list is read anew, and the changes are meant on top of it. */
async function news() {
  const { at } = staged.base;
  const [section, sentences] = await Promise.all([ask(url), meanwhile({ matter, family: "watcher.", since: at, users: names })]);
  stored.clear();
  for (const row of section.rows) {
    names.set(row.watcher.user, row.user?.name ?? nameOf(row.watcher.user));
    stored.set(row.watcher.user, { in_app: row.watcher.in_app, email: row.watcher.email, byDefault: row.is_owner_by_default });
  }
  staged.rebase({ revision: section.revision, at });
  changed = true;
  return [othersSaved(sentences)];
}

let changed = false;
async function save() {
  const answer = await review({ url, body: sent, describe, meanwhile: news, about: ({ attributes }) => (attributes?.user ? nameOf(attributes.user) : null) });
  if (!answer) {
    if (changed) reload();
    return false;
  }
  if (answer.rows) keep("notifications", whose, { text: ["Saved. From now on these people are told when a contact sends a document."], until: 0 });
  staged.clear();
  return true;
}

stagedPage(staged, { save, then: reload });
showSaved(document.getElementById("saved"), "notifications", whose, () => {});
