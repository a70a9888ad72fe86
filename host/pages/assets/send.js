// <form data-send="PATCH" action="/api/..."> is sent to the API as JSON: each named field under its name, a checkbox as
// true or false, an empty field with `data-null` as null, a number field as a number, one with `data-flag` as true or
// false, those with `data-list` as a list. `data-path="/api/.../{contact}"` in the place of `action` puts that field into
// the path, and not into the body. `data-done` is said when it is done; then the page is loaded anew, or `data-then` is,
// with `{id}` from the answer. What is refused is said at its field, or on top of the form, and nothing that was typed
// is lost.

import { ask, make, newKey, Problem } from "./api.js";
import { toastNext } from "./toast.js";

function body(form) {
  const fields = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit") continue;
    if (field.type === "radio" && !field.checked) continue;
    if (field.dataset.list !== undefined) {
      if (field.type !== "checkbox" || field.checked) (fields[field.name] ??= []).push(field.value);
    } else if (field.type === "checkbox") fields[field.name] = field.checked;
    else if (field.value === "" && field.dataset.null !== undefined) fields[field.name] = null;
    else if (field.dataset.flag !== undefined) fields[field.name] = field.value === "true";
    else if (field.type === "number" || field.dataset.number !== undefined) fields[field.name] = Number(field.value);
    else fields[field.name] = field.value;
  }
  return Object.keys(fields).length ? fields : undefined;
}

/** Takes away what was said of an earlier try. */
export function clear(form) {
  form.querySelectorAll(".fault, .note.bad[data-said]").forEach((said) => said.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

/** Says a problem at its fields, and on top of the form what belongs to none; the first of them has the focus. */
export function say(form, problem) {
  let first;
  const rest = [];
  for (const error of problem.errors ?? []) {
    const field = form.elements.namedItem(error.attributes?.field ?? "");
    if (!(field instanceof HTMLElement)) { rest.push(error.message); continue; }
    const id = `${field.id || field.name}-fault`;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
    (field.closest(".field") ?? field.parentElement).append(make("span", { class: "fault", id }, error.message));
    first ??= field;
  }
  if (!first || rest.length) {
    const note = make("div", { class: "note bad", role: "alert", tabindex: "-1", "data-said": true }, make("p", {}, rest.length ? rest.join(" ") : problem.message));
    form.prepend(note);
    first ??= note;
  }
  first.focus();
}

const keys = new WeakMap();

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-send]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.getAttribute("aria-busy") === "true") return;
  button?.setAttribute("aria-busy", "true");
  clear(form);
  const sent = body(form);
  const into = (path, fields) => path.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(fields?.[key] ?? ""));
  const path = form.dataset.path ? into(form.dataset.path, sent) : form.getAttribute("action");
  for (const [, key] of (form.dataset.path ?? "").matchAll(/\{(\w+)\}/g)) delete sent?.[key];
  const text = path + (JSON.stringify(sent) ?? "");
  // The same again is the same change; another text is another.
  const kept = keys.get(form);
  const key = kept?.text === text ? kept.key : newKey();
  keys.set(form, { text, key });
  try {
    const answer = await ask(path, { method: form.dataset.send, body: sent, key });
    if (form.dataset.done) toastNext(form.dataset.done);
    if (form.dataset.then) location.assign(into(form.dataset.then, answer));
    else location.reload();
  } catch (problem) {
    button?.removeAttribute("aria-busy");
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) return location.reload();
    say(form, problem);
  }
});

// <button data-open="id of a dialog">, and <button data-close> in it.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog")?.close();
});
