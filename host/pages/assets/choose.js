// Asks something in a dialog, and answers which button was pressed; Escape is the last one.

import { make } from "./api.js";

let asked = 0;

/** `choices` are `[answer, label, class]`; the last is the one that changes nothing. */
export function choose({ title, text, choices }) {
  const id = `choose-${++asked}`;
  const last = choices.at(-1)[0];
  const ends = make("div", { class: "ends" });
  const dialog = make("dialog", { "aria-labelledby": id, "data-dialog": "choose" },
    make("div", { class: "inside" }, make("h2", { id }, title), ...[text].flat().map((line) => make("p", {}, line)), ends));
  return new Promise((answer) => {
    dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue || last); });
    // Backwards, so that the main one stands at the end, as in every dialog.
    for (const [value, label, kind] of [...choices].reverse()) {
      const button = make("button", { class: `button ${kind ?? ""}`, type: "button", "data-answer": value }, label);
      button.addEventListener("click", () => dialog.close(value));
      ends.append(button);
    }
    document.body.append(dialog);
    dialog.showModal();
    ends.querySelector(".main")?.focus();
  });
}
