// After a Save: what was done, whom it tells and when, and the way back as long as nobody has been told. The page is
// loaded anew after a Save, so that all of it is as it was saved; what is to be said then is kept in this tab.

import { make } from "./api.js";
import { icon } from "./icon.js";

/** For so long, in ms, it is news that something was saved. */
const NEWS = 60_000;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
const place = (section, { matter, user }) => `saved/${user}/${matter}/${section}`;

/** `deed`: `text`, lines to say; `until`, ms, and `undo`, what is to be known to take it back. */
export function keep(section, whose, deed) {
  sessionStorage.setItem(place(section, whose), JSON.stringify({ ...deed, fresh: true, at: Date.now() }));
}

/** Says what was done last, if it is still news. `undo(deed)` takes it back. */
export function showSaved(box, section, whose, undo) {
  const at = place(section, whose);
  let deed;
  try {
    deed = JSON.parse(sessionStorage.getItem(at));
  } catch {
    // Nothing that can be read is kept.
  }
  sessionStorage.removeItem(at);
  // Whoever saved on the way to somewhere else, and comes back much later, knows.
  const news = deed?.fresh && Date.now() - deed.at < NEWS;
  if (!deed || !(news || deed.until > Date.now())) return;
  if (deed.until > Date.now()) sessionStorage.setItem(at, JSON.stringify({ ...deed, fresh: false }));

  const text = make("div", {}, ...deed.text.map((line) => make("p", {}, line)));
  const note = make("div", { class: "note good saved", "data-saved": true, role: "group", "aria-label": "Saved", tabindex: "-1" }, icon("circle-check"), text);
  box.replaceChildren(note);
  if (news) note.focus();
  if (!deed.undo || deed.until <= Date.now()) return;

  const seconds = make("span", { class: "number", "aria-hidden": "true" });
  const button = make("button", { class: "button", type: "button", "data-undo": true }, icon("undo-2"), "Undo", seconds);
  note.append(button);
  const tick = () => {
    const left = Math.max(0, Math.ceil((deed.until - Date.now()) / 1000));
    seconds.textContent = clock(left);
    if (left > 0) return;
    clearInterval(timer);
    sessionStorage.removeItem(at);
    button.remove();
  };
  const timer = setInterval(tick, 1000);
  tick();
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await undo(deed);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
