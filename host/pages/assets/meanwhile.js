// What others have saved in a section since it was read, from the matter's audit log, in sentences.

import { ask, name } from "./api.js";

const SAID = {
  "document.shared": (row) => [" shared ", row.document, " with ", row.contact],
  "document.unshared": (row) => [" stopped sharing ", row.document, " with ", row.contact],
  "document.offer-declined": (row) => [" dropped the offer of ", row.document, " to ", row.contact],
  "document.lapsed": (row) => [" deleted ", row.document, ", which ", row.contact, " could see"],
  "access.granted": (row) => [" gave access to ", row.contact],
  "access.revoked": (row) => [" took access from ", row.contact],
  "access.changed": (row) => [" changed the access of ", row.contact],
  "access.ended": (row) => [" ended the access of ", row.contact],
  "watcher.added": (row) => [" added ", row.user],
  "watcher.changed": (row) => [" changed how ", row.user, " is notified"],
  "watcher.removed": (row) => [" took out ", row.user],
};

/** `family` is the beginning of the actions, `users` the names of users by id. */
export async function meanwhile({ matter, family, since, users = new Map() }) {
  // Each action by itself: what contacts do meanwhile fills none of the lists.
  const lists = await Promise.all(Object.keys(SAID).filter((action) => action.startsWith(family)).map((action) => (
    ask(`/api/matters/${matter}/audit?${new URLSearchParams({ type: action, since, limit: 200 })}`)
  )));
  return lists.flatMap(({ items }) => items).sort((a, b) => a.seq - b.seq).map((entry) => {
    const { body } = entry;
    const row = {
      document: body?.document?.name ? name(`“${body.document.name}”`) : "a document",
      contact: body?.contact?.name ? name(body.contact.name) : "a contact",
      user: name(users.get(body?.details?.user) ?? "a user"),
    };
    return [entry.actor_name ? name(entry.actor_name) : "The platform", ...SAID[entry.action](row), "."];
  });
}
