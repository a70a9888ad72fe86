// A loaded plugin: translated once, and then a fresh instance for each call, over the floor of one transaction.

import { createHash } from 'node:crypto'

import { transpileBytes } from '@bytecodealliance/jco-transpile'

import { fromPlain, toPlain } from './values.js'
import { wasi } from './wasi.js'

const LINE = '@0.1.0'
const PAGES = 1024 // of 64 KiB
const HOST_CALLS = 2_000
const INTERFACES = ['about', 'access', 'sharing', 'notifications', 'portal', 'events', 'letters']

/** The plugin says no, in its own words. */
export class Refused extends Error {
  constructor(refusal) {
    super('refused')
    this.refusal = refusal
  }
}

/** No plugin of this contract. */
export class Unfit extends Error {}

/** Translates a component. What it answers can be handed to a worker. */
export async function translate(component) {
  const sha256 = createHash('sha256').update(component).digest('hex')
  let files
  try {
    ;({ files } = await transpileBytes(component, {
      name: 'plugin', instantiation: { tag: 'sync' }, wasiShim: false, base64Cutoff: 0,
    }))
  } catch (error) {
    throw new Unfit(String(error?.message ?? error))
  }
  files = new Map(files instanceof Map ? files : Object.entries(files))
  const text = (name) => Buffer.from(files.get(name)).toString()
  const types = text([...files.keys()].find((name) => name.endsWith('plugin.d.ts')))
  for (const [name] of types.matchAll(/(?:client-connect:plugin|wasi:[a-z]+|[a-z-]+:[a-z-]+)\/[a-z-]+@[0-9.]+/g)) {
    if (!name.startsWith('wasi:') && !(name.startsWith('client-connect:plugin/') && name.endsWith(LINE))) {
      throw new Unfit(`it wants ${name}, which this host does not lend`)
    }
  }
  for (const name of INTERFACES) {
    if (!types.includes(`client-connect:plugin/${name}${LINE}`)) throw new Unfit(`it does not export ${name}${LINE}`)
  }
  const cores = Object.fromEntries([...files].filter(([name]) => name.endsWith('.wasm')).map(([name, bytes]) => [name, capped(bytes)]))
  return { sha256, source: text([...files.keys()].find((name) => name.endsWith('plugin.js'))), cores }
}

export class Plugin {
  static async from(translated) {
    const plugin = new Plugin()
    plugin.sha256 = translated.sha256
    plugin.cores = Object.fromEntries(Object.entries(translated.cores).map(([name, bytes]) => [name, new WebAssembly.Module(bytes)]))
    const url = 'data:text/javascript;base64,' + Buffer.from(translated.source).toString('base64')
    plugin.instantiate = (await import(url)).instantiate
    return plugin
  }

  /** Calls `interface.function` with the plain arguments; the floor answers its imports. */
  call(name, floor, args) {
    const [interface_, function_] = name.split('.')
    const lent = wasi(floor?.now ?? 0)
    const storage = imports(floor)
    const all = new Proxy({}, { get: (_, wanted) => (wanted.startsWith('wasi:') ? lent(wanted.split('@')[0]) : storage) })
    const instance = this.instantiate((path) => this.cores[path], all)
    const export_ = instance[`client-connect:plugin/${interface_}${LINE}`] ?? instance[interface_]
    const camel = function_.replace(/-([a-z])/g, (_, c) => c.toUpperCase())
    try {
      return toPlain(export_[camel](...args.map(([key, value]) => fromPlain(value, key))))
    } catch (error) {
      // What an export answers as its error is thrown bare, or wrapped; whatever else is thrown is a trap, or the host's fault.
      const wrapped = error?.constructor?.name === 'ComponentError'
      const refusal = wrapped ? error.payload : error instanceof Error ? null : error
      if (refusal?.tag) throw new Refused(toPlain(refusal))
      throw error
    }
  }
}

/** The imports of the contract: counted, with plain values. */
function imports(floor) {
  let calls = 0
  return new Proxy(
    {},
    {
      get: (_, name) => (...args) => {
        calls += 1
        if (calls > HOST_CALLS) throw new Error('more imports than one call may use')
        const answer = floor[name](...args.map(toPlain))
        return name === 'getRevision' || name === 'raiseRevision' ? answer : fromPlain(answer)
      },
    },
  )
}

/** A core module whose memory has an end: JavaScript has no other way to bound it. */
function capped(bytes) {
  const parts = [bytes.subarray(0, 8)]
  for (let at = 8; at < bytes.length; ) {
    const start = at
    const id = bytes[at++]
    const [size, from] = number(bytes, at)
    at = from + size
    // The section of memories, with a single one of 32 bits in it that is the module's own.
    const [count, first] = id === 5 ? number(bytes, from) : [0, 0]
    const [least, after] = count === 1 && bytes[first] <= 1 ? number(bytes, first + 1) : [0, 0]
    if (!after) {
      parts.push(bytes.subarray(start, at))
      continue
    }
    const most = bytes[first] === 1 ? Math.min(number(bytes, after)[0], PAGES) : PAGES
    const body = [1, 1, ...written(least), ...written(Math.max(most, least))]
    parts.push(Uint8Array.from([5, ...written(body.length), ...body]))
  }
  return Buffer.concat(parts)
}

/** A number of WebAssembly's, and where it ends. */
function number(bytes, at) {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]
    value += (byte & 127) * 2 ** shift
    if (byte < 128) return [value, at]
  }
}

function written(value) {
  const bytes = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return [...bytes, value]
}
