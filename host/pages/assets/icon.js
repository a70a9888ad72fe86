// Icons of the sprite, for what scripts draw.

const SVG = "http://www.w3.org/2000/svg";
const sprite = new URL("icons.svg", import.meta.url).pathname;

/** An icon that says nothing by itself: what it means stands beside it, or in the button's name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** The icon of a kind of file, as the server chooses it. */
export function fileIcon(kind) {
  const has = (...parts) => parts.some((part) => kind.includes(part));
  if (kind.startsWith("image/")) return icon("file-image");
  if (has("spreadsheet", "excel") || kind === "text/csv") return icon("file-spreadsheet");
  if (has("presentation", "powerpoint")) return icon("presentation");
  if (has("zip", "compressed", "tar")) return icon("file-archive");
  if (kind.startsWith("message/") || has("outlook")) return icon("mail");
  if (kind.startsWith("text/") || has("pdf", "word", "opendocument.text")) return icon("file-text");
  return icon("file");
}
