// The Sharing section: who is chosen, what each list shows, and what is staged on top of it.

import { stagedPage, say, count } from "./staged-page.js";
import { choose } from "./choose.js";
import { key, namesOf, pair } from "./document-row.js";
import { reload } from "./leave.js";
import { showSaved } from "./saved.js";
import { SharingLists } from "./sharing-lists.js";
import { SharingSave } from "./sharing-save.js";
import { Staged } from "./staged.js";
import { fold } from "./words.js";

const root = document.getElementById("sharing");
const { matter, user } = root.dataset;
const whose = { matter, user };
const url = `/api/matters/${matter}/client-connect/sharing`;
const may = root.dataset.canShare !== undefined;

/** Everybody whom the page knows, by id. */
const people = new Map([...root.querySelectorAll("[data-person]")].map(({ dataset }) => [dataset.person, {
  name: dataset.name,
  email: dataset.email ?? "",
  access: dataset.access !== undefined,
  first: dataset.first !== undefined,
}]));

const staged = new Staged("sharing", whose, { revision: Number(root.dataset.revision), at: Number(root.dataset.now) });

// What is looked at stands in the page's address, so that it outlives a reload.
const asked = new URLSearchParams(location.search);
const view = {
  chosen: (asked.get("contacts") ?? "").split(",").filter((id) => people.get(id)?.access),
  search: asked.get("search") ?? "",
  sort: ["name", "activity_at", "created_at"].includes(asked.get("sort")) ? asked.get("sort") : "name",
  descending: asked.get("descending") === "true",
};
function remember() {
  const query = new URLSearchParams();
  if (view.chosen.length) query.set("contacts", view.chosen.join(","));
  if (view.search.trim()) query.set("search", view.search);
  if (view.sort !== "name") query.set("sort", view.sort);
  if (view.descending) query.set("descending", "true");
  const text = query.toString().replaceAll("%2C", ",");
  history.replaceState(null, "", text ? `?${text}` : location.pathname);
}

const save = new SharingSave({ whose, url, hold: Number(root.dataset.hold), people, staged, refresh: () => lists.load() });
const lists = new SharingLists({ root, url, may, people, staged, view, gone: save.gone, stage, sort });

/** Stages changes of one row: from a contact to `{share}`, or to `null` for none. */
function stage(item, changes, said) {
  staged.note(item.document.id, item);
  staged.change(changes.map(([contact, change]) => [key(item.document.id, contact), change]));
  say(`${said} ${staged.size ? `${count(staged.size)}.` : "Nothing is left to save."}`);
}

function sort(by) {
  view.descending = view.sort === by ? !view.descending : false;
  view.sort = by;
  remember();
  lists.load();
}

// What was staged before the right to share was taken away can never be saved.
if (!may) staged.clear();
const reviewed = may ? stagedPage(staged, { save: () => save.save(), then: reload }).save : undefined;
staged.addEventListener("change", () => lists.draw());

// ---- Who is chosen

const choices = document.getElementById("choices");
const none = root.querySelector("[data-choose='none']");
const boxes = () => [...choices.querySelectorAll("input")];

function show() {
  for (const box of boxes()) box.checked = view.chosen.includes(box.value);
  none.hidden = view.chosen.length === 0;
}

async function pick(wanted) {
  const dropped = view.chosen.filter((id) => !wanted.includes(id));
  const theirs = staged.entries().filter(([text]) => dropped.includes(pair(text).contact));
  if (theirs.length) {
    show();
    const answer = await choose({
      title: "Save before you go on?",
      text: `${count(theirs.length)} for ${namesOf(dropped.filter((id) => theirs.some(([text]) => pair(text).contact === id)), people)}. Choose what becomes of it before they are no longer chosen.`,
      choices: [["save", "Save", "main"], ["discard", "Discard"], ["cancel", "Cancel"]],
    });
    if (answer === "save") {
      // The page comes back with the new choice, unless it was not saved after all.
      const before = view.chosen;
      view.chosen = wanted;
      remember();
      if (await reviewed()) return reload();
      view.chosen = before;
      return remember();
    }
    if (answer !== "discard") return;
    staged.change(theirs.map(([text]) => [text, null]));
  }
  view.chosen = wanted;
  remember();
  show();
  lists.load();
  say(wanted.length ? `${namesOf(wanted, people)} chosen.` : "Nobody chosen.");
}

choices.addEventListener("change", () => pick(boxes().filter((box) => box.checked).map((box) => box.value)));
root.querySelector("[data-choose='all']")?.addEventListener("click", () => pick(boxes().map((box) => box.value)));
none.addEventListener("click", () => {
  pick([]);
  boxes()[0]?.focus();
});
document.getElementById("choose-search")?.addEventListener("input", (event) => {
  const wanted = fold(event.target.value.trim());
  let found = 0;
  for (const item of choices.children) {
    item.hidden = !fold(`${item.dataset.name} ${item.dataset.email}`).includes(wanted) && !view.chosen.includes(item.dataset.person);
    found += item.hidden ? 0 : 1;
  }
  document.getElementById("choose-none").hidden = found > 0;
});

// ---- What is looked for

const search = document.getElementById("search");
search.value = view.search;
let pause;
search.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => {
    view.search = search.value;
    remember();
    lists.load();
  }, 200);
});

show();
remember();
lists.load();
if (may) showSaved(document.getElementById("saved"), "sharing", whose, (deed) => save.undo(deed));
