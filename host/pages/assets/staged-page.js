// What every section with staged changes has: the bar that counts them, the review, the way out, and a voice.

import { guard } from "./leave.js";
import { choose } from "./choose.js";

/** "3 changes not saved" */
export const count = (n) => (n === 1 ? "1 change not saved" : `${n} changes not saved`);

/** `save` opens the review and answers whether it was saved; `then` is what follows where nobody was on the way out. */
export function stagedPage(staged, { save, then }) {
  const bar = document.getElementById("save-bar");
  const button = bar.querySelector("[data-review]");
  let open = false;

  async function once() {
    if (open) return false;
    open = true;
    try {
      return await save();
    } finally {
      open = false;
    }
  }

  const show = () => {
    bar.hidden = staged.size === 0;
    bar.querySelector("[data-changes]").textContent = count(staged.size);
  };
  staged.addEventListener("change", show);
  show();
  button.addEventListener("click", async () => {
    if (await once()) then();
    else if (!bar.hidden) button.focus();
  });
  bar.querySelector("[data-discard]").addEventListener("click", async (event) => {
    const answer = await choose({
      title: "Discard the changes?",
      text: `${count(staged.size)}. If you discard them, everything stays as it was saved last.`,
      choices: [["discard", "Discard", "danger"], ["cancel", "Keep them", "main"]],
    });
    if (answer !== "discard") return event.target.focus();
    staged.clear();
    say("All changes discarded.");
    document.querySelector("main").focus();
  });
  guard(staged, { save: once });
  return { save: once };
}

/** Says something to a screen reader. */
export function say(text) {
  const said = document.getElementById("said");
  // The same again would be no change, and would not be read.
  said.textContent = said.textContent === text ? `${text}\u00a0` : text;
}
