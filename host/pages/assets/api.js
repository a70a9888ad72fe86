// Asks the host's API. A change is sent under a key of its own, so that it is done once however often it is sent.

/** What the host refused, or why it could not be reached. `errors` are `{code, message, attributes}`. */
export class Problem extends Error {
  constructor({ status = 0, code = "unreachable", title = "", detail = "", errors = [] } = {}) {
    super(detail || errors[0]?.message || title || "The host cannot be reached. Check your connection, and try again.");
    Object.assign(this, { status, code, errors });
  }
}

/** A new key for one change: keep it while the same change is tried again. */
export const newKey = () => crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

/** Answers the body of a success; throws a Problem. Whoever is signed out is taken to the sign-in. */
export async function ask(path, { method = "GET", body, key, signal } = {}) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["idempotency-key"] = key ?? newKey();
  let answer;
  try {
    answer = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem();
  }
  const json = answer.headers.get("content-type")?.includes("json") ? await answer.json() : undefined;
  if (answer.ok) return json;
  throw new Problem({ status: answer.status, ...json });
}

/** An element, its attributes and what is in it; text is text. */
export function make(name, attributes = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...inside.filter((one) => one != null));
  return element;
}

/** What a person typed, set apart so that its direction stays its own. */
export const name = (text) => make("bdi", {}, text);
