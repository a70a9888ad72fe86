// The Documents page of a matter: files are dropped or chosen, and sent two at a time; each can be stopped, and tried
// again under the same key. What has arrived is in the list below, without the page being loaded anew.

import "./about.js";
import "./pick.js";
import { make, name, newKey } from "./api.js";
import { icon } from "./icon.js";
import { say, clear } from "./send.js";
import { sendFile, size } from "./send-file.js";
import { localise } from "./times.js";
import { toastNext } from "./toast.js";

const AT_ONCE = 2;

/** Shows the list as it is now, with its search and order. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("list");
  if (!fresh) return;
  document.getElementById("list").replaceWith(fresh);
  localise(fresh);
}

class Upload {
  constructor(file, uploads) {
    Object.assign(this, { file, uploads, key: newKey(), state: "waiting" });
    this.bar = make("progress", { max: "1", value: "0", "aria-label": `Upload of ${file.name}` });
    this.said = make("span", { class: "quiet small" }, "Waiting");
    this.acts = make("span", { class: "acts" });
    this.row = make("li", {}, make("span", { class: "file-name" }, name(file.name), " ", make("span", { class: "quiet small" }, size(file.size))), this.bar, this.said, this.acts);
    this.offer("Cancel", "x", () => this.cancel());
  }

  /** The one thing that can be done about it now. */
  offer(label, look, act) {
    const button = make("button", { type: "button", class: "button low plain" }, icon(look), `${label} `, make("span", { class: "for-readers" }, name(this.file.name)));
    button.addEventListener("click", act);
    this.acts.replaceChildren(button);
  }

  show(state, text) {
    this.state = state;
    this.row.className = state;
    this.said.textContent = text;
    this.bar.hidden = state === "done" || state === "failed" || state === "stopped";
  }

  async start() {
    this.show("running", "Uploading");
    const address = `${this.uploads.address}?name=${encodeURIComponent(this.file.name)}`;
    const sending = sendFile(address, this.file, {
      key: this.key,
      progress: (loaded, total) => {
        this.bar.value = total ? loaded / total : 0;
        this.said.textContent = loaded < total ? `${Math.floor((100 * loaded) / total)} %` : "Storing";
      },
    });
    this.stop = sending.stop;
    try {
      const document = await sending.sent;
      this.show("done", "Uploaded");
      this.acts.replaceChildren(make("a", { class: "button low plain", href: `${location.pathname}/${encodeURIComponent(document.id)}` }, "Open ", make("span", { class: "for-readers" }, name(this.file.name))));
      this.uploads.tell(`${this.file.name} was uploaded.`);
    } catch (problem) {
      if (problem.name === "AbortError") return this.ended("stopped", "Cancelled");
      if (problem.status === 401) return location.reload();
      this.ended("failed", problem.status === 413 ? "This file is too large." : problem.message);
      this.uploads.tell(`${this.file.name} was not uploaded: ${this.said.textContent}`);
    }
  }

  ended(state, text) {
    this.show(state, text);
    this.offer("Try again", "refresh-cw", () => { this.show("waiting", "Waiting"); this.bar.value = 0; this.offer("Cancel", "x", () => this.cancel()); this.uploads.next(); });
  }

  cancel() {
    if (this.state === "running") this.stop();
    else if (this.state === "waiting") this.ended("stopped", "Cancelled");
  }
}

class Uploads {
  constructor(place) {
    this.address = place.dataset.uploads;
    this.limit = Number(place.dataset.limit);
    this.list = place.querySelector(".upload-list");
    this.live = place.querySelector("[data-said]");
    this.all = [];
    const picker = place.querySelector("input[type=file]");
    picker.addEventListener("change", () => { this.add([...picker.files]); picker.value = ""; });
    const button = document.querySelector("[data-pick]");
    button.hidden = false;
    button.addEventListener("click", () => picker.click());
    this.drops(place);
    addEventListener("beforeunload", (event) => { if (this.running().length) event.preventDefault(); });
  }

  /** The whole page takes files, so that nobody who misses the field loses the page to the file. */
  drops(place) {
    let inside = 0;
    const files = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragenter", (event) => { if (files(event)) { inside += 1; place.classList.add("over"); } });
    document.addEventListener("dragleave", (event) => { if (files(event)) { inside -= 1; if (inside <= 0) place.classList.remove("over"); } });
    document.addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
    document.addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      inside = 0;
      place.classList.remove("over");
      const items = [...event.dataTransfer.items].map((item) => ({ folder: item.webkitGetAsEntry?.()?.isDirectory, file: item.getAsFile() }));
      this.add(items.filter((item) => item.file && !item.folder).map((item) => item.file));
      if (items.some((item) => item.folder)) this.refuse("A folder cannot be uploaded as it is. Open it, and choose the files in it.");
    });
  }

  tell(text) { this.live.textContent = text; }

  refuse(text) {
    this.list.hidden = false;
    this.list.append(make("li", { class: "failed" }, make("span", {}, text)));
    this.tell(text);
  }

  add(files) {
    if (!files.length) return;
    this.list.hidden = false;
    const fresh = files.map((file) => new Upload(file, this));
    for (const upload of fresh) {
      this.list.append(upload.row);
      if (upload.file.size > this.limit) {
        upload.show("failed", `This file is too large: ${size(this.limit)} is the most.`);
        upload.acts.replaceChildren();
      } else if (upload.file.size === 0) {
        upload.show("failed", "This file is empty.");
        upload.acts.replaceChildren();
      }
    }
    this.all.push(...fresh);
    const failed = fresh.filter((upload) => upload.state === "failed").length;
    this.tell(`${fresh.length === 1 ? "One file" : `${fresh.length} files`} to upload${failed ? `, ${failed} of them cannot be` : ""}.`);
    this.next();
  }

  running() { return this.all.filter((upload) => upload.state === "running"); }

  next() {
    const waiting = this.all.filter((upload) => upload.state === "waiting");
    for (const upload of waiting.slice(0, AT_ONCE - this.running().length)) {
      upload.start().then(() => {
        this.next();
        if (!this.running().length && upload.state === "done") refresh();
      });
    }
  }
}

document.querySelectorAll("[data-uploads]").forEach((place) => new Uploads(place));

// A new version of one document.
document.querySelectorAll("form[data-version-form]").forEach((form) => {
  const bar = form.querySelector("progress");
  let running;
  let kept;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running) return;
    clear(form);
    const file = form.elements.file.files[0];
    if (kept?.file !== file || kept.action !== form.action) kept = { file, action: form.action, key: newKey() };
    if (file.size > Number(form.dataset.limit)) return say(form, { errors: [{ message: `This file is too large: ${size(Number(form.dataset.limit))} is the most.`, attributes: { field: "file" } }] });
    bar.hidden = false;
    running = sendFile(form.action, file, { method: "PUT", key: kept.key, progress: (loaded, total) => { bar.value = total ? loaded / total : 0; } });
    try {
      await running.sent;
      toastNext("The new version is stored.");
      location.reload();
    } catch (problem) {
      if (problem.status === 401) return location.reload();
      if (problem.name !== "AbortError") say(form, problem.status === 409 ? { message: "Somebody has stored another version meanwhile. Load the page anew, and look at it first." } : problem);
    } finally {
      running = undefined;
      bar.hidden = true;
    }
  });
  form.closest("dialog").addEventListener("close", () => running?.stop());
});
