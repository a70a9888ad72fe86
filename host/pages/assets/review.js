// The review before a Save: asks the host what the Save would change, shows exactly that, and sends the same body once
// it is confirmed, under one key, so that pressing twice saves once. Where somebody else has saved meanwhile, it says
// what, puts the staged changes on top of that, and asks the host anew.

import { ask, make, newKey, Problem } from "./api.js";
import { reload } from "./leave.js";

/** So often others may save in between before it gives up. */
const PATIENCE = 5;

/**
 * `task`:
 *  - `url`: where the section is saved; `body()`: what is sent.
 *  - `describe(answer)`: nodes that say what the Save does; none if it does nothing.
 *  - `meanwhile()`: reads the section anew, and answers nodes that say what others have saved.
 *  - `about(fault)`: what a fault is about, in words; may answer none.
 *  - `leaveOut(faults)`: takes the changes at fault out; answers how many. Looks only, where `dry` is true.
 * Answers what the host has answered to the Save; `{}` if nothing was left to save; none if it was given up.
 */
export function review(task) {
  return new Promise((resolve) => new Sheet(task, resolve).check());
}

class Sheet {
  #task;
  #answer;
  #key;
  #rounds = 0;

  constructor(task, resolve) {
    this.#task = task;
    this.content = make("div", { class: "stack", "data-content": true });
    this.state = make("p", { role: "status", class: "quiet" });
    this.cancel = make("button", { class: "button", type: "button", "data-cancel": true }, "Go on editing");
    this.confirm = make("button", { class: "button main", type: "button", "data-confirm": true }, "Save");
    this.title = make("h2", { id: "review-title", tabindex: "-1" }, "Review before saving");
    this.dialog = make("dialog", { class: "sheet", "aria-labelledby": "review-title", "data-dialog": "review" },
      make("div", { class: "inside" }, this.title, this.state, this.content, make("div", { class: "ends" }, this.cancel, this.confirm)));
    this.dialog.addEventListener("close", () => { this.dialog.remove(); resolve(this.#answer); });
    this.cancel.addEventListener("click", () => this.dialog.close());
    this.confirm.addEventListener("click", () => this.act?.());
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.title.focus();
  }

  #busy(text) {
    this.state.textContent = text;
    this.confirm.setAttribute("aria-disabled", "true");
    this.act = undefined;
  }

  #ready(label, act) {
    this.state.textContent = "";
    this.confirm.removeAttribute("aria-disabled");
    this.confirm.textContent = label;
    this.confirm.hidden = !act;
    this.act = act;
  }

  /** Asks what the Save would change. */
  async check(news = []) {
    this.#busy("Looking at what would change …");
    const body = this.#task.body();
    let found;
    try {
      found = await ask(`${this.#task.url}?dry_run=true`, { method: "PUT", body });
    } catch (problem) {
      return this.#failed(problem, news, () => this.check(news));
    }
    const told = this.#task.describe(found);
    if (told.length === 0) {
      this.content.replaceChildren(...news, make("p", {}, "Nothing is left to save: all of it is so already."));
      this.#ready("Done", () => { this.#answer = {}; this.dialog.close(); });
      return;
    }
    this.content.replaceChildren(...news, ...told);
    this.#key = newKey();
    this.#ready("Save", () => this.#save(body, news));
  }

  async #save(body, news) {
    this.#busy("Saving …");
    try {
      this.#answer = await ask(this.#task.url, { method: "PUT", body, key: this.#key });
      this.dialog.close();
    } catch (problem) {
      // The same again is the same Save: it is done once, also if the answer to the first was lost.
      await this.#failed(problem, news, () => this.#save(body, news));
    }
  }

  async #failed(problem, news, again) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 401) return reload();
    if (problem.status === 409 && this.#rounds++ < PATIENCE) {
      this.#busy("Somebody else has saved meanwhile. Looking at what …");
      try {
        return await this.check([...news, ...(await this.#task.meanwhile())]);
      } catch (other) {
        problem = other;
        if (!(problem instanceof Problem)) throw problem;
      }
    }
    const faults = problem.errors.length ? problem.errors : [{ message: problem.message }];
    const lines = faults.map((fault) => {
      const about = this.#task.about?.(fault);
      return make("li", {}, ...(about ? [make("strong", {}, make("bdi", {}, about)), ": "] : []), fault.message);
    });
    const note = make("div", { class: "note bad", role: "alert", tabindex: "-1" },
      make("div", {}, make("p", {}, make("strong", {}, "Nothing was saved.")), make("ul", {}, ...lines)));
    this.content.replaceChildren(...news, note);
    if (problem.status === 422 && this.#task.leaveOut?.(faults, true)) {
      this.content.append(make("p", {}, "The other changes are kept. Leave out what cannot be saved, and look again?"));
      this.#ready("Leave it out", () => { this.#task.leaveOut(faults, false); return this.check(news); });
    } else if (problem.status === 422 || problem.status === 403 || problem.status === 404) {
      this.#ready("Save");
    } else {
      this.#ready("Try again", again);
    }
    note.focus();
  }
}

/** What others have saved, as a note; with what they did in sentences. */
export function othersSaved(sentences) {
  const shown = sentences.slice(0, 30).map((sentence) => make("li", {}, ...sentence));
  if (sentences.length > 30) shown.push(make("li", {}, `and ${sentences.length - 30} more`));
  return make("div", { class: "note warn", "data-meanwhile": true }, make("div", {},
    make("p", {}, make("strong", {}, "Somebody else has saved this section meanwhile.")),
    shown.length ? make("ul", {}, ...shown) : null,
    make("p", {}, "None of your changes is lost. Below is what they come to now.")));
}
