// What a dialog is about. A button with `data-open` stands in an element with `data-id`, `data-name` and so on, or in a
// menu that was opened from such an element. When the dialog opens, its form's `data-address` gets these values in the
// place of `{id}`, and every element in it with `data-fill="name"` gets that value: a field as its value, a box as
// its tick, any other element as its text. A menu is a popover that all rows share, opened beside the button.

import { clear } from "./send.js";

let current = {};

/** Writes the values of `about` into all of `root` that asks for them. */
export function fill(root, about) {
  for (const form of root.querySelectorAll("form[data-address]")) {
    form.action = form.dataset.address.replace(/\{(\w+)\}/g, (_, key) => encodeURIComponent(about[key] ?? ""));
  }
  for (const place of root.querySelectorAll("[data-fill]")) {
    const value = about[place.dataset.fill];
    // What is new begins as the form does.
    if (value === undefined) continue;
    if (place.type === "checkbox") place.checked = value === "true";
    else if (place instanceof HTMLSelectElement && ![...place.options].some((option) => option.value === value)) place.append(new Option(value, value, false, true));
    else if (place.matches("input, select, textarea")) place.value = value;
    else place.textContent = value;
  }
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[popovertarget], [data-open]");
  if (!opener) return;
  const about = opener.closest("[data-id]");
  if (about) current = about.dataset;
  else if (!opener.closest("[popover]")) current = {};
  if (opener.hasAttribute("popovertarget")) {
    const menu = document.getElementById(opener.getAttribute("popovertarget"));
    if (!menu.classList.contains("popover-menu")) return;
    fill(menu, current);
    const place = opener.getBoundingClientRect();
    // Below the button and flush with its end; above it, where there is no room below.
    menu.addEventListener("toggle", () => {
      const { width, height } = menu.getBoundingClientRect();
      const below = place.bottom + height + 8 <= innerHeight;
      menu.style.left = `${Math.max(8, Math.min(place.right - width, innerWidth - width - 8))}px`;
      menu.style.top = `${below ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
    }, { once: true });
    return;
  }
  const menu = opener.closest("[popover], details.menu");
  if (menu?.matches("[popover]")) menu.hidePopover();
  else if (menu) menu.open = false;
  const dialog = document.getElementById(opener.dataset.open);
  if (!dialog) return;
  dialog.querySelectorAll("form").forEach((form) => { form.reset(); clear(form); });
  fill(dialog, current);
  dialog.dispatchEvent(new CustomEvent("about", { detail: current }));
}, true);

// A menu stands where its button was: it goes when that moves.
const away = () => document.querySelectorAll(".popover-menu:popover-open").forEach((menu) => menu.hidePopover());
addEventListener("resize", away);
document.addEventListener("scroll", (event) => { if (!event.target.closest?.(".popover-menu")) away(); }, { capture: true, passive: true });
