// Makes more of <form data-upload="/api/portal/matters/..." data-limit="bytes">: files are dropped, picked or photographed,
// and travel at once, one row for each. A lost connection is waited for; what was on its way when the page was left goes on
// when the same file is chosen again. Nothing is sent before the form is: then all rows become documents together, and the
// receipt stands in the place of the rows. Words and markup are the page's own: templates beside the form.

import { Problem } from "./api.js";
import { localise, when } from "./times.js";
import { forget, look, send } from "./tus.js";

/** Files that travel at the same time. */
const AT_ONCE = 2;

const form = document.querySelector("form[data-upload]");
const language = document.documentElement.lang || "en";
const base = form.dataset.upload, limit = Number(form.dataset.limit);
const part = (of, name) => of.querySelector(`[data-part="${name}"]`);
const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
const sentences = new Map(Array.from(document.getElementById("upload-words").content.children, (one) => [one.dataset.word, one.textContent.trim()]));
const say = (word, values = {}) => sentences.get(word).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);

// ---- numbers, as the reader writes them

const UNITS = [[1e9, "gigabyte"], [1e6, "megabyte"], [1e3, "kilobyte"], [1, "byte"]];
const digits = (value) => ({ maximumFractionDigits: value < 9.95 ? 1 : 0 });
const unitOf = (bytes) => UNITS.find(([one]) => bytes >= one * 0.9995) ?? UNITS[3];
function size(bytes) {
  const [one, unit] = unitOf(bytes), value = bytes / one;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: unit === "byte" ? "long" : "short", ...(one > 1 && digits(value)) }).format(value);
}
/** How much of `total`, in the same unit. */
const share = (bytes, total) => new Intl.NumberFormat(language, { minimumFractionDigits: total >= 1e3 ? 1 : 0, maximumFractionDigits: total >= 1e3 ? 1 : 0 }).format(bytes / unitOf(total)[0]);
function time(seconds) {
  const [value, unit] = seconds < 90 ? [Math.max(5, Math.ceil(seconds / 5) * 5), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}
const percent = new Intl.NumberFormat(language, { style: "percent" });

// ---- what is remembered of a matter when the page is left: a hash of each file, and where its upload is

const kept = `upload ${base}`, ending = `finish ${base}`;
function recall(key, otherwise) {
  try { return JSON.parse(localStorage.getItem(key)) ?? otherwise; } catch { return otherwise; }
}
function remember(key, value) {
  try {
    if (value === undefined || Object.keys(value).length === 0) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch { /* then it is forgotten with the page */ }
}
function keep(print, address) {
  if (!print) return;
  const all = recall(kept, {});
  if (address) all[print] = address;
  else delete all[print];
  remember(kept, all);
}
/** Tells a file from others without saying what it is called; none where the page is not served safely. */
async function printOf(file) {
  const hash = await crypto.subtle?.digest("SHA-256", new TextEncoder().encode(`${file.name}\n${file.size}\n${file.lastModified}`));
  return hash && Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// ---- rows

/** `{file?, name, total, sent, state, element, print, address, stop, wanted}`; the states are left (its file is not known
    any more), waiting, going, lost, here, failed; `wanted` once the form was sent with it. */
let rows = [];
/** While documents are being made; and while others must be made before there is room for more. */
let finishing = false, barred = false, spoken = 0;
const list = part(form, "rows"), live = part(form, "live"), button = form.querySelector("button:not([type='button'])");
const announce = (text) => { live.textContent = text; };

function add(name, total, more = {}) {
  const row = { name, total, sent: 0, state: "waiting", pace: [], element: copy("upload-row"), ...more };
  part(row.element, "name").textContent = name;
  part(row.element, "end-name").textContent = name;
  part(row.element, "bar").setAttribute("aria-label", name);
  part(row.element, "end").addEventListener("click", () => remove(row));
  list.append(row.element);
  rows.push(row);
  draw(row);
  return row;
}

function draw(row, problem) {
  const bar = part(row.element, "bar"), said = part(row.element, "said");
  row.element.dataset.state = row.state;
  bar.max = row.total;
  bar.value = row.sent;
  bar.hidden = row.state === "failed" || row.state === "here";
  const progress = { sent: share(row.sent, row.total), total: size(row.total) };
  if (problem !== undefined) said.textContent = problem;
  else if (row.state === "left") said.textContent = say("again", progress);
  else if (row.state === "waiting") said.textContent = say("waiting", progress);
  else if (row.state === "lost") said.textContent = say("lost");
  else if (row.state === "here") said.textContent = say(row.wanted ? "here" : "ready", progress);
  else if (row.sent >= row.total) said.textContent = say("checking", progress);
  else {
    const left = remaining(row);
    said.textContent = left === undefined ? say("progress", progress) : say("progress-left", { ...progress, time: time(left) });
  }
  list.hidden = rows.length === 0;
}

/** Seconds until a row is there, by its pace of the last ten seconds; none while that is not known. */
function remaining(row) {
  const [first] = row.pace, last = row.pace.at(-1);
  if (!first || last.at - first.at < 1500 || last.sent <= first.sent) return undefined;
  return ((row.total - row.sent) * (last.at - first.at)) / (last.sent - first.sent) / 1000;
}

function moved(row, sent) {
  const at = performance.now(), back = row.state !== "going";
  if (row.state === "lost") announce(say("back"));
  if (back || sent < row.sent) row.pace = [];
  row.pace = [...row.pace.filter((one) => at - one.at < 10000), { at, sent }];
  Object.assign(row, { sent, state: "going" });
  if (!back && at - (row.drawn ?? 0) < 250 && sent < row.total) return;
  row.drawn = at;
  draw(row);
  const alive = rows.filter((one) => one.file && one.state !== "failed");
  const step = Math.floor((4 * alive.reduce((sum, one) => sum + one.sent, 0)) / alive.reduce((sum, one) => sum + one.total, 0));
  if (step > spoken && step < 4) announce(say("so-far", { percent: percent.format(step / 4) }));
  spoken = step;
}

/** Takes a row away, and what the host has of it. */
function remove(row) {
  row.stop?.abort();
  if (row.address) forget(row.address);
  keep(row.print);
  const at = rows.indexOf(row), next = rows[at + 1] ?? rows[at - 1];
  rows.splice(at, 1);
  row.element.remove();
  list.hidden = rows.length === 0;
  if (rows.length === 0) barred = false;
  (next ? part(next.element, "end") : form.querySelector("input[type='file']")).focus();
  announce(say("taken-away", { name: row.name }));
  onward();
}

function fail(row, problem) {
  row.state = "failed";
  draw(row, problem);
  announce(`${row.name}: ${problem}`);
}

/** What a refusal means to whoever reads it. */
function words(problem) {
  const told = problem.errors?.map((one) => one.message).join(" ");
  const own = ["malware", "other-kind", "unpacks-to-too-much"].find((code) => problem.errors?.some((one) => one.code === code));
  if (own) return say(own);
  if (problem.status === 401) return say("signed-out");
  if (problem.status === 403 || problem.status === 404) return told || say("closed");
  if (problem.status === 413) return say("too-large", { size: size(limit) });
  if (problem.status === 507) return say("no-room");
  return say("failed");
}

// ---- choosing

async function choose(files, folders = 0) {
  clearReceipt();
  if (folders) announce(say("folder"));
  for (const { file, name } of files) {
    if (file.size > limit) { fail(add(name, file.size), say("too-large", { size: size(limit) })); continue; }
    if (file.size === 0) { fail(add(name, 1), say("empty")); continue; }
    const print = await printOf(file);
    const known = rows.find((row) => print && row.print === print && row.state !== "failed");
    if (known?.file) { announce(say("already", { name })); continue; }
    if (known) { Object.assign(known, { file, state: known.state === "here" ? "here" : "waiting" }); draw(known); continue; }
    add(name, file.size, { file, print, address: print && recall(kept, {})[print] });
  }
  spoken = 0;
  onward();
}

const plainly = (files) => Array.from(files, (file) => ({ file, name: file.name }));
/** Phones call every photo the same: it is called by its moment instead. */
function photos(files) {
  return Array.from(files, (file) => {
    if (!/^image\.\w+$/i.test(file.name)) return { file, name: file.name };
    const two = (number) => String(number).padStart(2, "0"), at = new Date(file.lastModified);
    const moment = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
    return { file, name: `${say("photo")} ${moment}${file.name.slice(5)}` };
  });
}
for (const field of form.querySelectorAll("input[type='file']")) {
  field.addEventListener("change", () => {
    const files = field.hasAttribute("capture") ? photos(field.files) : plainly(field.files);
    field.value = "";
    choose(files);
  });
}

const brings = (event) => event.dataTransfer?.types.includes("Files");
// What misses the form does not open in the place of the page.
addEventListener("dragover", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  const over = form.contains(event.target);
  event.dataTransfer.dropEffect = over ? "copy" : "none";
  form.classList.toggle("over", over);
});
addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
addEventListener("drop", (event) => {
  if (!brings(event)) return;
  event.preventDefault();
  form.classList.remove("over");
  if (!form.contains(event.target)) return;
  const items = Array.from(event.dataTransfer.items).filter((item) => item.kind === "file");
  const single = items.filter((item) => !item.webkitGetAsEntry?.()?.isDirectory);
  choose(plainly(single.map((item) => item.getAsFile()).filter(Boolean)), items.length - single.length);
});

// ---- travelling

/** Starts what may start, and finishes what is to be finished. */
function onward() {
  if (finishing) return;
  const going = rows.filter((row) => row.state === "going" || row.state === "lost");
  const waiting = rows.filter((row) => row.state === "waiting");
  if (!barred) {
    for (const row of waiting.slice(0, Math.max(0, AT_ONCE - going.length))) travel(row);
  }
  const under = barred ? ["going", "lost"] : ["going", "lost", "waiting"];
  const wanted = rows.filter((row) => row.wanted && row.state !== "failed");
  busy(wanted.length > 0);
  const here = wanted.filter((row) => row.state === "here");
  if (here.length > 0 && !wanted.some((row) => under.includes(row.state))) finish(here);
}

async function travel(row) {
  row.state = "going";
  row.stop = new AbortController();
  draw(row);
  try {
    await send(row.file, {
      uploads: `${base}/uploads`, name: row.name, address: row.address, signal: row.stop.signal,
      onAddress: (address) => { row.address = address; keep(row.print, address); },
      onProgress: (sent) => moved(row, sent),
      onLost: () => { if (row.state !== "lost") { row.state = "lost"; draw(row); announce(say("lost")); } },
    });
    Object.assign(row, { state: "here", sent: row.total });
    draw(row);
    if (!row.wanted && rows.every((one) => one.state === "here")) announce(say("all-ready"));
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (problem.code === "too-much-unfinished" && rows.some((one) => one.state === "here")) {
      // The others of this go first; then there is room again.
      barred = true;
      row.state = "waiting";
      draw(row);
    } else if (problem.status === 401) {
      // It goes on after the next sign-in.
      fail(row, words(problem));
    } else {
      keep(row.print);
      fail(row, problem.code === "unreadable" ? say("unreadable") : words(problem));
    }
  }
  onward();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const fresh = rows.filter((row) => !row.wanted && (row.file || row.state === "here") && row.state !== "failed");
  part(form, "fault").textContent = fresh.length || busied ? "" : say("none");
  if (fresh.length === 0) { announce(say(busied ? "sending" : "none")); return; }
  fresh.forEach((row) => { row.wanted = true; draw(row); });
  announce(say("sending"));
  onward();
});

let busied = false;
function busy(so) {
  busied = so;
  button.setAttribute("aria-busy", so);
}

// ---- the end of a go

const asleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Makes documents of these uploads. Asked again after a lost answer, the host answers the same. */
async function ask(ids) {
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(`${base}/documents`, {
        method: "POST", headers: { accept: "application/json", "content-type": "application/json" }, body: JSON.stringify({ uploads: ids }),
      });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) return said;
      if (answer.status < 500 || answer.status === 507 || tries > 20) throw new Problem({ ...said, status: answer.status });
    } catch (problem) {
      if (problem instanceof Problem) throw problem;
      announce(say("lost"));
    }
    await asleep(Math.min(15000, 500 * 2 ** tries));
  }
}

async function finish(all) {
  // One event reports no more than a thousand.
  const whole = all.slice(0, 1000), ids = whole.map((row) => row.address.split("/").pop());
  finishing = true;
  remember(ending, ids);
  try {
    const receipt = await ask(ids);
    whole.forEach((row) => { keep(row.print); row.element.remove(); });
    rows = rows.filter((row) => !whole.includes(row));
    barred = false;
    show(receipt);
  } catch (problem) {
    whole.forEach((row) => { row.wanted = false; });
    part(form, "fault").textContent = words(problem);
    announce(words(problem));
    if (problem.status === 403 || problem.status === 404) await check(whole);
    else whole.forEach((row) => draw(row));
  }
  remember(ending);
  finishing = false;
  list.hidden = rows.length === 0;
  onward();
}

/** After a refusal: what the host has thrown away cannot be sent again. */
async function check(whole) {
  for (const row of whole) {
    try {
      await look(row.address);
      draw(row);
    } catch {
      keep(row.print);
      row.address = undefined;
      fail(row, say("closed"));
    }
  }
}

function clearReceipt() {
  part(form, "fault").textContent = "";
  document.getElementById("receipt")?.remove();
}

function show(receipt) {
  clearReceipt();
  const card = copy("upload-receipt"), moment = part(card, "at");
  card.id = "receipt";
  moment.dateTime = new Date(receipt.at).toISOString();
  moment.textContent = when(receipt.at);
  const { owner, others, firm } = receipt.told;
  part(card, "told").textContent = say(owner ? (others ? "told-owner-more" : "told-owner") : "told", { owner, others, firm });
  for (const one of receipt.documents) {
    const row = copy("upload-receipt-row");
    const notes = receipt.notes.filter((note) => note.attributes.document === one.document);
    const note = notes.map((note) => note.code === "held-for-scan" ? say("held") : note.message).join(" ");
    part(row, "name").textContent = one.name;
    part(row, "size").textContent = size(one.size);
    part(row, "short").textContent = `${one.sha256.slice(0, 8)}…`;
    part(row, "sha256").textContent = one.sha256.replace(/(.{8})(?=.)/g, "$1 ");
    part(row, "note").hidden = !note;
    part(row, "note-text").textContent = note;
    part(card, "rows").append(row);
  }
  form.after(card);
  card.focus();
  announce(say("arrived"));
  refresh();
}

/** The list of documents as it is now. */
async function refresh() {
  const old = document.querySelector("section.documents");
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.querySelector("section.documents");
    if (!old || !fresh) return;
    old.replaceWith(document.adoptNode(fresh));
    localise(fresh);
  } catch { /* the next look at the page shows it */ }
}

// ---- what was on its way when the page was left

async function resume() {
  const ids = recall(ending);
  if (ids) {
    try {
      show(await ask(ids));
      const all = recall(kept, {});
      remember(kept, Object.fromEntries(Object.entries(all).filter(([, address]) => !ids.includes(address.split("/").pop()))));
    } catch { /* it is still on its way, or gone: the rows say so */ }
    remember(ending);
  }
  for (const [print, address] of Object.entries(recall(kept, {}))) {
    try {
      const { offset, length, name } = await look(address);
      if (rows.some((row) => row.print === print)) continue;
      add(name, length, { print, address, sent: offset, state: offset === length ? "here" : "left" });
    } catch (problem) {
      if (problem.status === 404) keep(print);
    }
  }
}

addEventListener("beforeunload", (event) => {
  if (rows.some((row) => row.file && row.state !== "failed")) event.preventDefault();
});

form.classList.add("taking");
resume();
