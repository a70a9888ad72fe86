// Says in passing that something was done; a screen reader hears it too. What leads to another page is said there.

const KEPT = "toast";

/** Shows `text`, with a button if there is something to do about it. */
export function toast(text, action) {
  const box = document.getElementById("toasts");
  const item = document.createElement("div");
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action.label });
    button.addEventListener("click", () => { item.remove(); action.run(); });
    item.append(button);
  }
  box.append(item);
  setTimeout(() => item.remove(), action ? 20000 : 8000);
}

/** Says it after the page was loaded anew, or another one was. */
export function toastNext(text) { sessionStorage.setItem(KEPT, text); }

const kept = sessionStorage.getItem(KEPT);
if (kept) {
  sessionStorage.removeItem(KEPT);
  toast(kept);
}
