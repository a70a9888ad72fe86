// Finds what a person means: arguments are the steps from the page to the thing, each {kind, text}, and whether all of
// the last are wanted. Only what can be seen counts, and while a dialog is open, only what is in it.
const [steps, all] = arguments;

const KINDS = {
  thing: "button, a[href], summary, [role=button], [role=tab], [role=option], [role=menuitem], label, input[type=checkbox], input[type=radio], option",
  button: "button, summary, [role=button]",
  link: "a[href]",
  field: "input:not([type=hidden]), textarea, select",
  files: "input[type=file]:not([disabled])",
  row: "tr, li, [role=row], [role=listitem], article",
  part: "section, fieldset, form, dialog, table, aside, nav, header, details, [role=region], [role=group], [role=alert], .card",
  heading: "h1, h2, h3, h4",
};

// Marks that set names apart from the words around them are not seen.
const words = (text) => (text ?? "").replace(/[\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim();
const named = (ids) => words(ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join(" "));
const nameOf = (element) => {
  if (element.hasAttribute("aria-labelledby")) return named(element.getAttribute("aria-labelledby"));
  if (element.hasAttribute("aria-label")) return words(element.getAttribute("aria-label"));
  if (element.labels?.length) return words([...element.labels].map((label) => label.textContent).join(" "));
  return words(element.textContent) || words(element.alt || element.title || element.value);
};
// The first heading, legend or caption in it, or its label.
const titleOf = (element) => element.matches("[aria-label], [aria-labelledby]") ? nameOf(element)
  : words(element.querySelector("h1, h2, h3, h4, legend, caption, summary")?.textContent);
const seen = (element) => {
  // A field may be drawn by its label.
  const drawn = element.matches("input") && element.labels?.length ? [element, ...element.labels] : [element];
  return drawn.some((one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0)
    && !element.closest("[inert]");
};

const modal = [...document.querySelectorAll("dialog")].filter((dialog) => dialog.matches(":modal")).at(-1);
let places = [modal ?? document.body];
for (const { kind, text } of steps) {
  const inside = places.flatMap((place) => [...(place.matches(KINDS[kind] ?? kind) ? [place] : []), ...place.querySelectorAll(KINDS[kind] ?? kind)]);
  // A field for files is mostly hidden behind what it is clicked by.
  const visible = [...new Set(inside)].filter((element) => kind === "files" || seen(element));
  if (kind === "files") {
    places = visible;
  } else if (kind === "row") {
    // The smallest that has the words.
    const having = visible.filter((element) => words(element.innerText).includes(text));
    places = having.filter((element) => !having.some((other) => other !== element && element.contains(other)));
  } else {
    const name = kind === "part" ? titleOf : nameOf;
    const exact = visible.filter((element) => name(element) === text);
    const parts = exact.length ? exact : visible.filter((element) => name(element).includes(text));
    places = kind === "part" ? parts.filter((element) => !parts.some((other) => other !== element && element.contains(other))) : parts;
  }
}
return all ? places : places[0] ?? null;
