// Lists of names in sentences.

const and = new Intl.ListFormat("en", { type: "conjunction" });

/** "Ann, Ben and Cora" */
export const listed = (names) => and.format(names);

/** The same with an end to it: "Ann, Ben and 3 more". */
export const few = (names, most = 3) => (names.length > most + 1 ? listed([...names.slice(0, most), `${names.length - most} more`]) : listed(names));

/** "1 document", "3 documents" */
export const many = (n, one, more = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : more}`;

/** "2 minutes", "1 hour", "30 seconds" */
export function span(seconds) {
  if (seconds >= 7200) return many(Math.round(seconds / 3600), "hour");
  if (seconds >= 100) return many(Math.round(seconds / 60), "minute");
  return many(seconds, "second");
}

/** As searches compare names. */
export const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
