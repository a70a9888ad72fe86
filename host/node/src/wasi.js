// The WASI that languages drag in: there, and empty. No files, no environment, no input; clocks stand at the call's `now`,
// random bytes are the same in every call, a sleep is over at once. What is not answered here throws, which is a trap.

const CLOSED = () => {
  throw Object.assign(new Error('closed'), { payload: { tag: 'closed' } })
}

class Pollable {
  ready() {
    return true
  }
  block() {}
}
class InputStream {
  read = CLOSED
  blockingRead = CLOSED
  subscribe() {
    return new Pollable()
  }
}
class OutputStream {
  checkWrite() {
    return 65_536n
  }
  write() {}
  blockingWriteAndFlush() {}
  flush() {}
  blockingFlush() {}
  subscribe() {
    return new Pollable()
  }
}
const RESOURCES = { Pollable, InputStream, OutputStream }

/** The interfaces of WASI in a call that began at `now`. */
export function wasi(now) {
  const at = BigInt(now)
  const answers = {
    getEnvironment: () => [],
    getArguments: () => [],
    initialCwd: () => undefined,
    getDirectories: () => [],
    exit: () => {
      throw new Error('the plugin exits')
    },
    getStdin: () => new InputStream(),
    getStdout: () => new OutputStream(),
    getStderr: () => new OutputStream(),
    getTerminalStdin: () => undefined,
    getTerminalStdout: () => undefined,
    getTerminalStderr: () => undefined,
    poll: (asked) => Uint32Array.from(asked.keys()),
    resolution: () => 1_000_000n,
    subscribeInstant: () => new Pollable(),
    subscribeDuration: () => new Pollable(),
    getRandomBytes: (count) => new Uint8Array(Number(count)),
    getRandomU64: () => 4n,
    getInsecureRandomBytes: (count) => new Uint8Array(Number(count)),
    getInsecureRandomU64: () => 4n,
    insecureSeed: () => [4n, 4n],
  }
  const clocks = {
    'wasi:clocks/wall-clock': {
      now: () => ({ seconds: at / 1000n, nanoseconds: Number(at % 1000n) * 1_000_000 }),
      resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
    },
    'wasi:clocks/monotonic-clock': { now: () => at * 1_000_000n },
  }
  return (name) =>
    new Proxy(
      {},
      {
        get(_, item) {
          if (/^[A-Z]/.test(item)) return RESOURCES[item] ?? class {}
          const lent = clocks[name]?.[item] ?? answers[item]
          return lent ?? (() => {
            throw new Error(`${name} ${item} is not lent`)
          })
        },
      },
    )
}
