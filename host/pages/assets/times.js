// Writes every <time> in the reader's own zone and language.

const language = document.documentElement.lang || "en";
const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
const whole = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

/** The text of a moment in milliseconds. */
export const when = (ms) => moment.format(new Date(ms));

export function localise(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    time.textContent = (time.hasAttribute("data-day") ? day : moment).format(at);
    time.title = whole.format(at);
  }
}
localise();
