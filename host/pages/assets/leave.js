// Whoever leaves a page with changes that are not saved is asked first: for links and forms of this host in a dialog,
// for everything else by the browser.

import { choose } from "./choose.js";

let off = false;

/** Lets go without asking: what is staged is kept, and the page comes back to it. */
export function reload() {
  off = true;
  location.reload();
}

/** `save` answers whether it was saved. */
export function guard(staged, { save }) {
  const open = () => staged.size > 0 && !off;

  addEventListener("beforeunload", (event) => {
    if (open()) event.preventDefault();
  });

  async function ask(go) {
    const many = staged.size === 1 ? "1 change is not saved." : `${staged.size} changes are not saved.`;
    const answer = await choose({
      title: "Leave without saving?",
      text: `${many} Until they are saved, nobody sees anything of them.`,
      choices: [["save", "Save", "main"], ["discard", "Discard"], ["cancel", "Cancel"]],
    });
    if (answer === "discard") staged.clear();
    else if (answer !== "save" || !(await save())) return;
    go();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || !open() || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    if (link.target === "_blank" || link.hasAttribute("download")) return;
    const to = new URL(link.href);
    const same = to.pathname === location.pathname && to.search === location.search;
    if (to.origin !== location.origin || (same && to.hash)) return;
    event.preventDefault();
    ask(() => { location.assign(link.href); });
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!open() || event.defaultPrevented || form.method === "dialog" || form.dataset.send) return;
    event.preventDefault();
    ask(() => HTMLFormElement.prototype.submit.call(form));
  });
}
