// <div data-pick-from="/api/matters?..." data-field="matter" data-label="Which matter?" data-none="None."> becomes a search
// over a list of the API, and one choice among what it finds, sent under the name of `data-field`. `data-without` is an
// id, or several, that cannot be chosen. The first hits are there before anything is typed.

import { ask, make, name, Problem } from "./api.js";

function build(place) {
  const { pickFrom, field, label, none, without = "" } = place.dataset;
  const barred = new Set(without.split(" "));
  const id = `pick-${field}`;
  const search = make("input", { class: "input", id, type: "search", autocomplete: "off", placeholder: "Type a part of the name" });
  const list = make("div", { class: "choices", role: "radiogroup", "aria-label": label });
  const said = make("p", { class: "quiet small", "aria-live": "polite" });
  place.replaceChildren(make("div", { class: "field" }, make("label", { for: id }, label), search), list, said);

  let running;
  async function find() {
    running?.abort();
    running = new AbortController();
    const address = new URL(pickFrom, location.href);
    address.searchParams.set("limit", "12");
    if (search.value.trim()) address.searchParams.set("search", search.value.trim());
    try {
      const { items, next } = await ask(address, { signal: running.signal });
      const chosen = list.querySelector("input:checked")?.value;
      const found = items.filter((item) => !barred.has(item.id));
      list.replaceChildren(...found.map((item) => make("label", { class: "tick" },
        make("input", { type: "radio", name: field, value: item.id, checked: item.id === chosen }),
        make("span", {}, name(item.name), " ", make("span", { class: "quiet small" }, name(item.reference || item.email || ""))))));
      said.textContent = found.length === 0 ? none : next ? "There are more: type to narrow them down." : `${found.length} found.`;
    } catch (problem) {
      if (problem.name === "AbortError") return;
      if (!(problem instanceof Problem)) throw problem;
      said.textContent = problem.message;
    }
  }

  let waiting;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 200); });
  // Enter searches; it does not send the form.
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    clearTimeout(waiting);
    find();
  });
  place.closest("form").addEventListener("submit", (event) => {
    if (list.querySelector("input:checked")) return;
    event.preventDefault();
    event.stopPropagation();
    said.textContent = "Choose one first.";
    search.focus();
  });
  const dialog = place.closest("dialog");
  if (dialog) dialog.addEventListener("about", () => { search.value = ""; list.replaceChildren(); find(); });
  else find();
}

document.querySelectorAll("[data-pick-from]").forEach(build);
