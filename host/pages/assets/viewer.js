// A document's pages: zoom, where the reader is, and what to do about a page that does not come.

const viewer = document.querySelector("[data-viewer]");

const STEPS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];
let step = viewer.classList.contains("large") ? STEPS.indexOf(2) : STEPS.indexOf(1);

const bar = viewer.querySelector(".viewer-bar");
const sheets = [...viewer.querySelectorAll("[data-sheet]")];
const say = (key, values = {}) => viewer.dataset[key].replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

function zoom(to) {
  step = Math.min(Math.max(to, 0), STEPS.length - 1);
  const by = STEPS[step];
  viewer.classList.remove("large");
  viewer.style.setProperty("--zoom", by);
  viewer.querySelector("[data-size]").textContent = `${Math.round(by * 100)} %`;
  for (const image of viewer.querySelectorAll(".sheet img")) image.sizes = by === 1 ? "(max-width: 60rem) 100vw, 900px" : `${Math.round(by * 900)}px`;
  for (const button of viewer.querySelectorAll("[data-by]")) button.disabled = STEPS[step + Number(button.dataset.by)] === undefined;
}

viewer.querySelector("[data-without-script]").hidden = true;
viewer.querySelector("[data-zoom]").hidden = false;
viewer.addEventListener("click", (event) => {
  const by = event.target.closest("[data-by]");
  if (by) zoom(step + Number(by.dataset.by));
  const again = event.target.closest("[data-retry]");
  if (again) retry(again.closest("[data-sheet]"));
  if (event.target.closest("[data-anew]")) location.reload();
});
zoom(step);

// Which page is in the middle of the window.
const here = () => sheets.find((sheet) => sheet.getBoundingClientRect().bottom > innerHeight / 2) ?? sheets.at(-1);
const at = viewer.querySelector("[data-at]");
const middle = new IntersectionObserver(
  () => {
    at.textContent = say("page", { page: here().dataset.sheet, pages: viewer.dataset.total });
  },
  { rootMargin: "-45% 0px -45% 0px" },
);
for (const sheet of sheets) middle.observe(sheet);

// Page by page with the keys beside the letters; the arrows go on scrolling.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  const to = { n: 1, p: -1, j: 1, k: -1 }[event.key];
  if (to) sheets[sheets.indexOf(here()) + to]?.scrollIntoView();
  else if (event.key === "+" || event.key === "=") zoom(step + 1);
  else if (event.key === "-") zoom(step - 1);
  else if (event.key === "0") zoom(STEPS.indexOf(1));
  else return;
  event.preventDefault();
});

// A picture that is there, or is not.
const arrived = (image) => image.setAttribute("data-there", "");
viewer.addEventListener("load", (event) => event.target.matches?.(".sheet img") && arrived(event.target), true);
for (const image of viewer.querySelectorAll(".sheet img")) {
  if (image.complete) image.naturalWidth ? arrived(image) : missing(image);
}
viewer.addEventListener("error", (event) => event.target.matches?.(".sheet img") && missing(event.target), true);

function note(place, text, button) {
  place.querySelector(".note")?.remove();
  const box = document.createElement("div");
  box.className = "note warn";
  box.setAttribute("role", "status");
  const said = document.createElement("p");
  said.textContent = text;
  box.append(said);
  if (button) {
    const press = document.createElement("button");
    press.className = "button";
    press.type = "button";
    press.textContent = button.text;
    press.setAttribute(button.key, "");
    box.append(press);
  }
  place.append(box);
}

async function missing(image) {
  arrived(image);
  const sheet = image.closest("[data-sheet]");
  const number = sheet.dataset.sheet;
  const answer = await fetch(image.currentSrc || image.src).catch(() => null);
  if (answer?.ok && !sheet.dataset.tries) {
    sheet.dataset.tries = 1;
    // It is drawn by now.
    retry(sheet);
    return;
  }
  if (answer?.status === 503 && Number(sheet.dataset.tries ?? 0) < 5) {
    sheet.dataset.tries = Number(sheet.dataset.tries ?? 0) + 1;
    note(sheet, say("drawing", { page: number }));
    setTimeout(() => retry(sheet), 2000);
  } else if (answer?.status === 409) note(bar, say("changed"), { text: say("reload"), key: "data-anew" });
  else if (answer?.status === 404 || answer?.status === 401) note(bar, say("gone"), { text: say("reload"), key: "data-anew" });
  else note(sheet, say("failed", { page: number }), answer?.status === 422 ? null : { text: say("again"), key: "data-retry" });
}

function retry(sheet) {
  sheet.querySelector(".note")?.remove();
  const image = sheet.querySelector("img");
  image.removeAttribute("data-there");
  image.src = `${image.src.split("#")[0]}#${Date.now()}`;
}
