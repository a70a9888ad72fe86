// Sends one file as the body of a request, and says how far it is. XMLHttpRequest, as `fetch` tells nothing of what
// has left.

import { Problem } from "./api.js";

/** Answers `{ sent, stop }`: a promise of the answer's JSON, and a way to break off (the promise then fails with an AbortError). */
export function sendFile(address, file, { method = "POST", key, progress }) {
  const request = new XMLHttpRequest();
  const sent = new Promise((done, fail) => {
    request.open(method, address);
    request.responseType = "json";
    request.setRequestHeader("accept", "application/json");
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("idempotency-key", key);
    request.upload.addEventListener("progress", (event) => progress(event.loaded, event.total));
    request.addEventListener("load", () => {
      if (request.status >= 200 && request.status < 300) done(request.response);
      else fail(new Problem({ status: request.status, ...request.response }));
    });
    request.addEventListener("error", () => fail(new Problem()));
    request.addEventListener("abort", () => fail(new DOMException("stopped", "AbortError")));
    request.send(file);
  });
  return { sent, stop: () => request.abort() };
}

/** A size as people read it. */
export function size(bytes) {
  for (const [unit, of] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) if (bytes >= of) return `${(bytes / of).toFixed(bytes < 10 * of ? 1 : 0)} ${unit}`;
  return `${bytes} bytes`;
}
