// Sends one file in pieces by tus 1.0 (https://tus.io), and goes on where it stopped: after a lost connection by itself,
// after the page was left when the same file is given again.

import { newKey, Problem } from "./api.js";

/** Sent in one request: small enough that a session stays awake on a slow line. */
const PIECE = 8 * 1024 * 1024;
/** How long nothing may move before a connection counts as lost, in ms. */
const STALL = 45000;
/** The longest wait before the next try, in ms. */
const PAUSE = 30000;
/** Refusals that may pass. Without a status the host was not reached. */
const PASSING = new Set([0, 408, 423, 425, 429, 460, 500, 502, 503, 504]);
/** How often what may be broken for good is tried. */
const BROKEN = 6;

const base64 = (text) => btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
const plain = (text) => new TextDecoder().decode(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)));

/** One request. Answers `{status, header}` of a success; throws a Problem, or an AbortError. */
function request(method, address, { headers = {}, body = null, signal, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    let watch;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => sending.abort(), STALL);
    };
    const give = () => sending.abort();
    sending.open(method, address);
    for (const [name, value] of Object.entries({ "tus-resumable": "1.0.0", ...headers })) sending.setRequestHeader(name, value);
    sending.upload.onprogress = (event) => { alive(); onProgress?.(event.loaded); };
    sending.onprogress = alive;
    sending.onload = () => {
      if (sending.status >= 200 && sending.status < 300) return resolve({ status: sending.status, header: (name) => sending.getResponseHeader(name) });
      let said = {};
      try { said = JSON.parse(sending.responseText); } catch { /* a proxy's own words */ }
      const problem = new Problem({ ...said, status: sending.status });
      problem.after = 1000 * (Number(sending.getResponseHeader("retry-after")) || 0);
      reject(problem);
    };
    sending.onerror = sending.onabort = () => reject(signal?.aborted ? new DOMException("", "AbortError") : new Problem());
    sending.onloadend = () => {
      clearTimeout(watch);
      signal?.removeEventListener("abort", give);
      removeEventListener("offline", give);
    };
    if (signal?.aborted) return reject(new DOMException("", "AbortError"));
    signal?.addEventListener("abort", give);
    addEventListener("offline", give);
    alive();
    sending.send(body);
  });
}

/** Waits, but no longer than until the connection is back. */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", back);
      signal?.removeEventListener("abort", stop);
    };
    const back = () => { end(); resolve(); };
    const stop = () => { end(); reject(new DOMException("", "AbortError")); };
    const timer = setTimeout(back, ms);
    addEventListener("online", back);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
  });
}

/** What the host has of an upload: `{offset, length, name}`. */
export async function look(address, signal) {
  const { header } = await request("HEAD", address, { signal });
  const name = header("upload-metadata")?.match(/(?:^|,)filename ([^,]*)/)?.[1];
  return { offset: Number(header("upload-offset")), length: Number(header("upload-length")), name: name ? plain(name) : "" };
}

/** Throws away what the host has of an upload. */
export const forget = (address) => request("DELETE", address).catch(() => {});

/** A file that was changed or taken away since it was chosen cannot be read, which looks like a lost connection. */
async function readable(file) {
  try { await file.slice(0, 1).arrayBuffer(); } catch { throw new Problem({ code: "unreadable" }); }
}

/**
 * Sends `file` under `name`, to a new upload below `uploads` or on to the one at `address`. Answers its address once all of
 * it has come. `onAddress`, `onProgress(bytes)` and `onLost` say how it goes. Throws a Problem that will not pass by
 * itself, and an AbortError if `signal` ends it.
 */
export async function send(file, { uploads, name, address, signal, onAddress, onProgress, onLost }) {
  const key = newKey();
  let offset, known = address !== undefined, tries = 0;
  for (;;) {
    try {
      if (address === undefined) {
        const headers = { "upload-length": file.size, "upload-metadata": `filename ${base64(name)}`, "idempotency-key": key + (known ? "-anew" : "") };
        address = (await request("POST", uploads, { headers, signal })).header("location");
        offset = 0;
        onAddress(address);
      }
      offset ??= (await look(address, signal)).offset;
      onProgress(offset);
      while (offset < file.size) {
        const from = offset;
        const { header } = await request("PATCH", address, {
          headers: { "upload-offset": from, "content-type": "application/offset+octet-stream" },
          body: file.slice(from, from + PIECE), signal,
          onProgress: (sent) => { tries = 0; onProgress(from + sent); },
        });
        offset = Number(header("upload-offset"));
        tries = 0;
      }
      return address;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      offset = undefined;
      tries += 1;
      // Its time was over: once more from the beginning.
      if (error.status === 404 && known) { known = false; address = undefined; continue; }
      if (error.code === "offset-mismatch" && tries < BROKEN) continue;
      if (!PASSING.has(error.status) || (error.status === 500 && tries > BROKEN)) throw error;
      if (error.status === 0) await readable(file);
      onLost();
      await pause(Math.max(error.after ?? 0, Math.min(PAUSE, 500 * 2 ** tries) * (0.75 + Math.random() / 2)), signal);
    }
  }
}
