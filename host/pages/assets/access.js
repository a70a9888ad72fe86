// The Access section: two ticks and an end for each contact, staged until they are saved.

import { make, name, ask, newKey, Problem } from "./api.js";
import { icon } from "./icon.js";
import { reload } from "./leave.js";
import { meanwhile } from "./meanwhile.js";
import { othersSaved, review } from "./review.js";
import { keep, showSaved } from "./saved.js";
import { Staged } from "./staged.js";
import { count, say, stagedPage } from "./staged-page.js";
import { listed, many, span } from "./words.js";

const root = document.getElementById("access");
const { matter, user } = root.dataset;
const whose = { matter, user };
const hold = Number(root.dataset.hold);
const url = `/api/matters/${matter}/client-connect/access`;
const staged = new Staged("access", whose, { revision: Number(root.dataset.revision), at: Number(root.dataset.now) });
const day = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "medium" });

/** Each contact: the row, and what is stored of it. */
const rows = new Map([...root.querySelectorAll("tr[data-contact]")].map((row) => {
  const { dataset } = row;
  return [dataset.contact, {
    row,
    name: dataset.name,
    email: dataset.email,
    first: dataset.sees === "0",
    stored: { portal: dataset.open !== undefined, can_download: dataset.download !== undefined, until: dataset.until ? Number(dataset.until) : null },
    portal: row.querySelector("[data-portal]"),
    download: row.querySelector("[data-can-download]"),
    end: row.querySelector("[data-end]"),
    blocked: row.querySelector(".obstacle") !== null,
  }];
}));
const nameOf = (id) => rows.get(id)?.name ?? staged.noted(id)?.name ?? "A contact";

// ---- A day in this reader's own zone, and the moment at which it is over

function toDay(ms) {
  if (ms === null) return "";
  const at = new Date(ms - 1);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part, n) => String(part).padStart(n ? 2 : 4, "0")).join("-");
}
function toEnd(text) {
  if (!text) return null;
  const [year, month, date] = text.split("-").map(Number);
  return new Date(year, month - 1, date + 1).getTime();
}

// ---- What is on the page, and what of it is a change

/** What is to hold for a contact, as the controls have it. */
function wanted({ stored, portal, download, end }) {
  if (!portal.checked) return { portal: false, can_download: stored.can_download, until: null };
  // A day that was not touched keeps its hour.
  const until = end.value === toDay(stored.until) ? stored.until : toEnd(end.value);
  return { portal: true, can_download: download.checked, until };
}

function isChange({ stored }, want) {
  if (want.portal !== stored.portal) return true;
  return want.portal && (want.can_download !== stored.can_download || want.until !== stored.until);
}

/** Puts into the controls what is staged, or what is stored. */
function put(one, want) {
  one.portal.checked = want.portal;
  one.download.checked = want.portal && want.can_download;
  one.end.value = want.portal ? toDay(want.until) : "";
  one.end.disabled = !want.portal || one.blocked;
  const today = new Date();
  one.end.min = toDay(today.setHours(24, 0, 0, 0));
}

function sayIn(one, want) {
  const { stored } = one;
  const said = [];
  if (want.portal && !stored.portal) said.push(["will get access", "accent", "plus"]);
  if (!want.portal && stored.portal) said.push(["will lose access", "warn", "minus"]);
  if (want.portal && want.can_download && !(stored.portal && stored.can_download)) said.push(["may download", "accent", "download"]);
  if (want.portal && stored.portal && !want.can_download && stored.can_download) said.push(["no more downloads", "warn", "minus"]);
  if (want.portal && want.until !== stored.until && (stored.portal || want.until)) said.push([want.until ? `ends after ${day.format(want.until - 1)}` : "no end any more", "accent", "clock"]);
  return said;
}

function draw() {
  for (const [id, one] of rows) {
    const want = staged.get(id);
    put(one, want ?? one.stored);
    const said = want ? sayIn(one, want) : [];
    one.row.dataset.state = want ? (want.portal ? "will" : "stop") : "";
    one.row.querySelector("[data-marks]").replaceChildren(...said.map(([text, kind, mark]) => make("span", { class: `chip ${kind}`, "data-mark": true }, icon(mark), text)));
  }
}

root.addEventListener("change", ({ target }) => {
  const line = target.closest("tr[data-contact]");
  const one = line && rows.get(line.dataset.contact);
  if (!one) return;
  // Nobody downloads without access, so ticking that gives both; and who is let in again has what they had.
  if (target === one.download && target.checked) one.portal.checked = true;
  if (target === one.portal && target.checked) {
    one.download.checked = one.stored.can_download;
    if (one.stored.until > Date.now()) one.end.value = toDay(one.stored.until);
  }
  const want = wanted(one);
  const change = isChange(one, want) ? want : null;
  if (change) staged.note(line.dataset.contact, { name: one.name });
  staged.change([[line.dataset.contact, change]]);
  const said = change ? sayIn(one, change).map(([text]) => text) : ["stays as it is"];
  say(`${one.name} ${listed(said)}. ${count(staged.size)}.`);
});
staged.addEventListener("change", draw);
draw();

// ---- The Save

function body() {
  return { revision: staged.base.revision, changes: staged.entries().map(([contact, change]) => ({ contact, ...change })) };
}

function told(invited) {
  if (invited.length === 0) return "No mail goes out for this.";
  const when = hold === 0 ? "at once" : `in ${span(hold)}`;
  return `${listed(invited.map(nameOf))} ${invited.length === 1 ? "is invited by a mail that names the address to sign in with" : "are each invited by a mail that names the address to sign in with"}, ${when}.`;
}

function describe(answer) {
  const { invited, revoked, changed, revived } = answer;
  if (invited.length + revoked.length + changed.length === 0) return [];
  const part = (id, mark, lines) => make("section", { class: "review-person", "data-contact": id },
    make("h3", {}, name(nameOf(id)), rows.get(id)?.email ? make("span", { class: "quiet small" }, " ", name(rows.get(id).email)) : null),
    make("div", { "data-list": mark }, make("ul", {}, ...lines.map((line) => make("li", {}, line)))));
  const rights = (id) => {
    const want = staged.get(id);
    return [want.can_download ? "May download what they see" : "May look only, not download", ...(want.until ? [`Access ends after ${day.format(want.until - 1)}`] : [])];
  };
  const again = new Map(revived.map((one) => [one.contact, one]));
  const parts = [];
  const news = invited.filter((id) => rows.get(id)?.first);
  const warnings = [...answer.warnings.map((one) => one.message), ...news.map((id) => `${nameOf(id)} was never sent anything in this matter. Is ${rows.get(id).email} the right address?`)];
  if (warnings.length) parts.push(make("div", { class: "note warn", "data-warnings": true }, icon("triangle-alert"), make("div", {}, make("p", {}, make("strong", {}, "Look at this before you save")), make("ul", {}, ...warnings.map((line) => make("li", {}, line))))));
  for (const id of invited) {
    const back = again.get(id);
    const sees = back ? `Sees ${many(back.shared + back.uploaded, "document")} again at once${back.uploaded ? `, ${back.uploaded} of them sent by themselves` : ""}` : "Sees no document yet: share some under Sharing";
    parts.push(part(id, "plus", ["Gets access to the portal", ...rights(id), sees]));
  }
  for (const id of revoked) parts.push(part(id, "minus", ["Loses access to the portal at once", "What was shared with them is kept, and not visible"]));
  for (const id of changed) parts.push(part(id, "plus", staged.get(id)?.portal ? rights(id) : ["Access stays closed"]));
  parts.push(make("p", { class: "told", "data-told": true }, icon("mail"), make("span", {}, told(invited))));
  return parts;
}

/** Others saved first: the rows are read anew, and the changes are meant on top of them. */
async function news() {
  const { at } = staged.base;
  const [section, sentences] = await Promise.all([ask(url), meanwhile({ matter, family: "access.", since: at })]);
  for (const { contact, grant } of section.rows) {
    const one = rows.get(contact.id);
    if (one) one.stored = { portal: Boolean(grant?.portal && !(grant.until <= Date.now())), can_download: grant?.can_download ?? false, until: grant?.until ?? null };
  }
  staged.rebase({ revision: section.revision, at });
  draw();
  return [othersSaved(sentences)];
}

function leaveOut(faults, dry) {
  const out = faults.map((fault) => fault.attributes?.contact).filter((id) => staged.has(id));
  if (!dry) staged.change(out.map((id) => [id, null]));
  return out.length;
}

async function save() {
  const before = new Map(staged.entries().map(([id]) => [id, rows.get(id)?.stored]));
  const answer = await review({ url, body, describe, meanwhile: news, leaveOut, about: ({ attributes }) => (attributes?.contact ? nameOf(attributes.contact) : null) });
  if (!answer) return false;
  if (answer.invited) {
    const text = [];
    if (answer.invited.length) text.push(`${listed(answer.invited.map(nameOf))} may enter the portal now.`);
    if (answer.revoked.length) text.push(`${listed(answer.revoked.map(nameOf))} may not enter it any more.`);
    if (answer.changed.length) text.push(`The access of ${listed(answer.changed.map(nameOf))} is changed.`);
    text.push(told(answer.invited));
    const changes = [...answer.invited, ...answer.revoked, ...answer.changed].filter((id) => before.get(id)).map((contact) => ({ contact, ...before.get(contact), ...(before.get(contact).portal ? {} : { until: null }) }));
    keep("access", whose, { text, until: Date.now() + Math.max(answer.invited.length ? hold : 60, 1) * 1000, undo: { revision: answer.revision, changes, invited: answer.invited.length } });
  }
  staged.clear();
  return true;
}

/** There is no undo of its own: what was there before is saved again. */
async function undo({ undo: { revision, changes, invited } }) {
  try {
    const answer = await ask(url, { method: "PUT", body: { revision, changes }, key: newKey() });
    // Whoever is let in again is invited again: what they were told before may be long gone.
    const text = ["Undone.", ...(invited ? ["The invitation that was waiting is held back."] : []), ...(answer.invited.length ? [told(answer.invited)] : [])];
    keep("access", whose, { text, until: 0 });
    reload();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) return reload();
    staged.change(changes.map(({ contact, ...change }) => [contact, change]));
    if (await page.save()) reload();
  }
}

const page = stagedPage(staged, { save, then: reload });
showSaved(document.getElementById("saved"), "access", whose, undo);
