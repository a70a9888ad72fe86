// The contract's values as plain JSON, and as jco hands them over. Plain: the names of the WIT, a variant as
// `{"case": payload}` or the case's name alone, an option as the value or null. jco: camelCase, `{tag, val}`, undefined,
// and every u64 a BigInt.

const VARIANTS = new Set(['actor', 'source', 'state', 'to', 'topic'])
const WIDE = new Set(['now', 'openedAt', 'closedAt', 'size', 'createdAt', 'activityAt', 'since', 'until', 'at'])

const camel = (name) => name.replace(/-([a-z])/g, (_, c) => c.toUpperCase())
const kebab = (name) => name.replace(/[A-Z]/g, (c) => '-' + c.toLowerCase())

/** How an import fails, in the contract's words. jco passes the payload on. */
export class HostError extends Error {
  constructor(kind, message) {
    super(`${kind}: ${message}`)
    this.payload = { tag: kind, val: message }
  }
}

/** A value that came out of the component. */
export function toPlain(value) {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(toPlain)
  if (typeof value !== 'object') return value
  if ('tag' in value) return value.val === undefined ? value.tag : { [value.tag]: toPlain(value.val) }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [kebab(name), toPlain(field)]))
}

/** A plain value as the component takes it; `name` is the field or parameter in which it stands. */
export function fromPlain(value, name = '') {
  if (value === null || value === undefined) return undefined
  if (WIDE.has(name)) return BigInt(value)
  if (VARIANTS.has(name)) {
    if (typeof value === 'string') return { tag: value }
    const [[tag, payload]] = Object.entries(value)
    return { tag, val: fromPlain(payload) }
  }
  if (Array.isArray(value)) return value.map((item) => fromPlain(item))
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [camel(key), fromPlain(field, camel(key))]))
}
