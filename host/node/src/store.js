// Records in memory, and Client Connect's own among them. It stores and answers, and decides nothing.
//
// Every list is computed from all rows: the shortest that is complete, and not made for many. Whatever `keeper` is given is
// told the rows that a transaction has changed, and remembers them (sqlite.js).

import { HostError } from './values.js'

const KINDS = ['firms', 'users', 'matters', 'members', 'contacts', 'links', 'documents', 'grants', 'shares', 'watchers',
  'revisions', 'outbox', 'audit']
/** Under which a row is kept: its id, or its ids. */
export const key = (...ids) => (ids.length === 1 ? ids[0] : JSON.stringify(ids))
const by = (...names) => (a, b) => {
  for (const name of names) if (a[name] !== b[name]) return a[name] < b[name] ? -1 : 1
  return 0
}
const named = (ids, id) => ids === null || ids.includes(id)

/** Without case and accents. */
const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
const address = (email) => email?.trim().toLowerCase() || null
const people = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

export class Store {
  constructor(keeper = null) {
    this.keeper = keeper
    this.tables = Object.fromEntries(KINDS.map((kind) => [kind, new Map()]))
    for (const [kind, id, row] of keeper?.rows() ?? []) this.tables[kind].set(id, row)
  }

  /** Runs the work in one transaction: kept if it ends well, and undone if it throws. */
  transaction(work) {
    const tx = new Tx(this.tables)
    const answer = work(tx)
    this.keeper?.keep(tx.changes)
    this.tables = tx.tables
    return answer
  }
}

class Tx {
  constructor(tables) {
    this.tables = Object.fromEntries(Object.entries(tables).map(([kind, rows]) => [kind, new Map(rows)]))
    this.changes = []
  }

  put(kind, id, row) {
    this.tables[kind].set(id, row)
    this.changes.push([kind, id, row])
  }
  drop(kind, id) {
    this.tables[kind].delete(id)
    this.changes.push([kind, id, null])
  }
  all(kind, wanted = () => true) {
    return [...this.tables[kind].values()].filter(wanted)
  }

  // The platform's records.

  matter(id) {
    const stored = this.tables.matters.get(id)
    if (!stored || stored.deleted) return null
    const { deleted, ...matter } = stored
    const { id: _, ...firm } = this.tables.firms.get(matter.firm)
    return { ...matter, firm }
  }
  member(matter, user) {
    return this.tables.members.get(key(matter, user))
  }
  linked(matter, contact) {
    return this.tables.links.has(key(matter, contact))
  }
  userIn(matter, id) {
    const stored = this.tables.users.get(id)
    if (!stored || stored.firm !== this.tables.matters.get(matter)?.firm) return null
    const { firm, ...user } = stored
    const rights = user.active ? this.member(matter, id) : null
    return { user, 'can-view': Boolean(rights), 'can-share': Boolean(rights?.['can-share']), attributes: [] }
  }
  contacts(matter, ids) {
    const rows = this.all('contacts', (row) => this.linked(matter, row.id) && named(ids, row.id))
    return rows.sort(by('id')).map(({ firm, ...contact }) => contact)
  }
  sameAddress(id) {
    const own = this.tables.contacts.get(id)
    const same = (row) => row.id !== id && row.firm === own.firm && address(row.email) === address(own.email)
    return address(own?.email) ? this.all('contacts', same).sort(by('id')).map(({ firm, ...contact }) => contact) : []
  }
  sees(matter, stored, user, contact) {
    const owner = this.tables.matters.get(matter)?.owner
    return stored.matter === matter && !stored.deleted
      && (!user || (this.member(matter, user) && (!stored.readers || stored.readers.includes(user) || owner === user)))
      && (!contact || this.tables.shares.get(key(matter, stored.id, contact))?.state === 'live')
  }
  documents(matter, ids, user, contact) {
    const rows = ids.map((id) => this.tables.documents.get(id)).filter((row) => row && this.sees(matter, row, user, contact))
    return new Map(rows.map((row) => [row.id, document(row)]))
  }
  find(matter, filter, page, user, contact) {
    const search = filter.search && fold(filter.search)
    const content = this.tables.documents.get(filter['same-content-as'])?.content
    const wanted = contact ? [contact] : filter.contacts.length ? filter.contacts : null
    const found = this.all('documents', (row) => this.sees(matter, row, user, contact) && this.#inLane(matter, filter, row, wanted)
      && (!search || fold(row.name).includes(search))
      && (!filter['same-content-as'] || (row.id !== filter['same-content-as'] && row.content === content)))
    const order = { name: (a, b) => people.compare(a.name, b.name), 'created-at': by('created-at'), 'activity-at': by('activity-at') }
    const whole = (a, b) => order[filter.sort](a, b) || by('id')(a, b)
    found.sort((a, b) => (filter.descending ? -whole(a, b) : whole(a, b)))
    const list = JSON.stringify([matter, filter, user, contact])
    const start = page.after === null ? 0 : this.#after(page.after, list, found)
    const rows = found.slice(start, start + page.limit)
    const more = rows.length > 0 && start + rows.length < found.length
    const next = more ? Buffer.from(JSON.stringify([list, rows.at(-1).id])).toString('base64') : null
    const shares = (row) => this.shares(matter, [row.id], wanted)
    return { rows: rows.map((row) => ({ document: document(row), shares: shares(row), attributes: [] })), next, total: found.length, exact: true }
  }
  #after(cursor, list, found) {
    let of, id
    try {
      ;[of, id] = JSON.parse(Buffer.from(cursor, 'base64'))
    } catch {
      of = null
    }
    if (of !== list) throw new HostError('invalid', 'this cursor belongs to another list')
    return found.findIndex((row) => row.id === id) + 1
  }
  #inLane(matter, filter, row, wanted) {
    const shares = this.shares(matter, [row.id], wanted)
    const live = shares.filter((share) => share.state === 'live').length
    const count = filter.contacts.length
    switch (filter.lane) {
      case 'any-of-them': return live > 0
      case 'all-of-them': return count > 0 && live === count
      case 'some-of-them': return count > 0 && live > 0 && live < count
      case 'none-of-them': return live === 0
      case 'uploaded': return Boolean(row.source?.portal) && (count === 0 || filter.contacts.includes(row.source.portal))
      case 'lapsed': return shares.some((share) => share.state === 'lapsed')
      default: return true
    }
  }
  updateDocuments(changes) {
    for (const change of changes) {
      const row = this.tables.documents.get(change.document)
      const attributes = Object.entries({ ...Object.fromEntries(row.attributes), ...Object.fromEntries(change.attributes) })
      const changed = { kind: change.kind ?? row.kind, 'created-by': change['created-by'] ?? row['created-by'], attributes }
      this.put('documents', row.id, { ...row, ...changed })
    }
  }

  // Client Connect's own records.

  grants(matter, contacts) {
    return this.all('grants', (row) => row.matter === matter && named(contacts, row.contact)).sort(by('contact')).map(bare)
  }
  putGrants(matter, grants) {
    for (const row of grants) this.put('grants', key(matter, row.contact), { ...row, matter })
  }
  granted(contact) {
    const rows = this.all('grants', (row) => row.contact === contact && row.portal).sort(by('matter'))
    return rows.map((row) => ({ matter: this.matter(row.matter), grant: bare(row) })).filter((row) => row.matter)
  }
  shares(matter, documents, contacts) {
    const rows = this.all('shares', (row) => row.matter === matter && documents.includes(row.document) && named(contacts, row.contact))
    return rows.sort(by('document', 'contact')).map(bare)
  }
  putShared(matter, shared) {
    for (const row of shared) this.put('shares', key(matter, row.document, row.contact), { ...row, matter })
  }
  counts(matter, contacts) {
    const counts = new Map()
    for (const row of this.all('shares', (row) => row.matter === matter && row.state === 'live' && named(contacts, row.contact))) {
      const stored = this.tables.documents.get(row.document)
      if (!stored || stored.deleted || stored.matter !== matter) continue
      const count = counts.get(row.contact) ?? { contact: row.contact, shared: 0, uploaded: 0 }
      count[stored.source?.portal === row.contact ? 'uploaded' : 'shared'] += 1
      counts.set(row.contact, count)
    }
    return [...counts.values()].sort(by('contact'))
  }
  forget(matter, contacts) {
    for (const kind of ['grants', 'shares']) {
      for (const [id, row] of [...this.tables[kind]]) if (row.matter === matter && contacts.includes(row.contact)) this.drop(kind, id)
    }
  }
  watchers(matter) {
    return this.all('watchers', (row) => row.matter === matter).sort(by('user')).map(bare)
  }
  setWatchers(matter, watchers) {
    for (const row of this.watchers(matter)) this.drop('watchers', key(matter, row.user))
    for (const row of watchers) this.put('watchers', key(matter, row.user), { ...row, matter })
  }
  revision(matter, section) {
    return this.tables.revisions.get(key(matter, section))?.revision ?? 0
  }
  raiseRevision(matter, section, current) {
    if (this.revision(matter, section) !== current) throw new HostError('conflict', 'the section has another revision')
    this.put('revisions', key(matter, section), { matter, section, revision: current + 1 })
    return current + 1
  }
  enqueue(notice) {
    const id = key(notice.matter, JSON.stringify(notice.to), notice.channel, notice.key)
    if (!this.tables.outbox.has(id)) this.put('outbox', id, notice)
  }
  record(entries, actor, at, plugin) {
    for (const entry of entries) {
      this.put('audit', this.tables.audit.size, { ...entry, details: entry.details.sort(), actor, at, plugin })
    }
  }
}

const bare = ({ matter, ...row }) => row
const document = ({ content, deleted, readers, ...row }) => row
