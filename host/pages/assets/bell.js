// The count at the bell is asked for again when somebody comes back to the page. It is not asked for by the clock: that
// would keep a session alive which nobody uses.

import { ask, make } from "./api.js";

const bell = document.querySelector(".bell");

/** Shows how many notices are unread. */
function show(unread) {
  bell.querySelector(".count")?.remove();
  if (unread > 0) bell.querySelector(".icon").after(make("span", { class: "count", "aria-hidden": "true" }, unread > 99 ? "99+" : String(unread)));
  bell.querySelector(".for-readers").textContent = `Notices${unread > 0 ? `, ${unread} unread` : ""}`;
}

document.addEventListener("visibilitychange", async () => {
  if (document.visibilityState !== "visible" || !bell) return;
  try {
    show((await ask("/api/notices?limit=0")).unread);
  } catch { /* The next page says what is wrong. */ }
});
