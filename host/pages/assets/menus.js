// A menu closes when the focus or the pointer goes elsewhere, and with Escape.
const close = (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside && event.type === "keydown") menu.querySelector("summary").focus();
    }
  }
};
for (const event of ["click", "focusin", "keydown"]) document.addEventListener(event, close);
