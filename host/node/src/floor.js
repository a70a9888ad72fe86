// The floor: what holds whatever the plugin asks or answers. One of it for each call, over the call's transaction.
//
// It binds the call to its matter, shows each actor only what is theirs, lets nobody open what they may not open, and says
// who did it and when. What lies outside of it is `not-found`. Its methods are the imports, by the names that jco gives them.

import { HostError } from './values.js'

const READS = new Set(['view', 'documents', 'matters', 'permit', 'compose', 'describe'])
const ROWS = 100_000
const PAGE = 1_000
const NOTICES = 2_000
const ENTRIES = 20_000

const missing = (what) => new HostError('not-found', `no such ${what} here`)
const refuse = (error) => {
  throw error
}
const once = (keys) => new Set(keys).size === keys.length || refuse(new HostError('invalid', 'one row is written twice'))

export class Floor {
  constructor(tx, actor, now, name, bound, reported = []) {
    const [kind, who] = typeof actor === 'string' ? [actor, null] : Object.entries(actor)[0]
    Object.assign(this, { tx, actor, now, bound })
    this.user = kind === 'user' ? who : kind === 'viewing-as' ? who.user : null
    this.own = kind === 'contact' ? who : kind === 'viewing-as' ? who.contact : null
    this.viewing = kind === 'viewing-as'
    this.host = kind === 'host'
    this.reported = new Set(reported)
    // Uploads are readable to their uploader before they are shared.
    this.uploads = name === 'events.on-upload' ? this.reported : new Set()
    this.writes = !READS.has(name.split('.')[1]) && !this.viewing
    this.left = { rows: ROWS, notices: NOTICES, entries: ENTRIES }
    this.words = []
    this.shown = new Set()
  }

  // What every import goes through.

  /** The matter, if this viewer sees it. */
  matter(id) {
    const matter = this.tx.matter(id)
    if (!matter || (this.user && !this.tx.member(id, this.user))) return null
    return this.own && !this.tx.linked(id, this.own) ? null : matter
  }
  scope(id, rows = 0) {
    this.charge('rows', rows)
    // Bound to no matter by its arguments, a call is bound to those that the contact was granted.
    const bound = this.bound ?? this.granted().map((row) => row.matter.id)
    if (!bound.includes(id) || (!this.matter(id) && !this.host)) throw missing('matter')
  }
  charge(what, count) {
    this.left[what] -= count
    if (this.left[what] < 0) throw new HostError('limit-exceeded', `more ${what} than one call may use`)
  }
  counted(rows) {
    this.charge('rows', rows.length)
    return rows
  }
  granted() {
    return this.own ? this.tx.granted(this.own).filter((row) => this.matter(row.matter.id)) : []
  }
  grant(matter) {
    return this.tx.grants(matter, [this.own])[0] ?? null
  }
  open(matter) {
    const grant = this.grant(matter)
    return Boolean(grant?.portal && (grant.until === null || this.now < grant.until))
  }
  /** The contacts that a list may be about: to a contact there is only one. */
  narrow(contacts) {
    this.charge('rows', contacts?.length ?? 0)
    if (!this.own) return contacts
    return contacts === null || contacts.includes(this.own) ? [this.own] : []
  }
  /** Of these documents, those that the viewer sees. */
  sees(matter, ids) {
    const seen = this.own && !this.open(matter) ? new Map() : this.tx.documents(matter, ids, this.user, this.own)
    if (this.own) {
      const uploads = this.tx.documents(matter, ids.filter((id) => this.uploads.has(id)), null, null)
      for (const [id, row] of uploads) if (row.source?.portal === this.own) seen.set(id, row)
    }
    return seen
  }

  // The imports that read.

  getMatter(id) {
    this.scope(id, 1)
    return this.matter(id) ?? refuse(missing('matter'))
  }
  getUsers(matter, ids) {
    this.scope(matter, ids.length)
    return ids.map((id) => this.tx.userIn(matter, id))
  }
  listContacts(matter, contacts) {
    this.scope(matter)
    return this.counted(this.tx.contacts(matter, this.narrow(contacts)))
  }
  getSameAddress(contacts) {
    this.charge('rows', contacts.length)
    const inside = this.own
      ? contacts.every((contact) => contact === this.own)
      : this.bound?.length === 1 && this.tx.contacts(this.bound[0], contacts).length === new Set(contacts).size
    if (!inside) throw missing('contact')
    return contacts.map((contact) => this.counted(this.tx.sameAddress(contact)))
  }
  getDocuments(matter, ids) {
    this.scope(matter, ids.length)
    const seen = this.sees(matter, ids)
    for (const id of seen.keys()) this.shown.add(id)
    return ids.map((id) => seen.get(id) ?? null)
  }
  findDocuments(matter, filter, page) {
    this.scope(matter, 1 + filter.contacts.length)
    if (this.own) {
      if (filter.contacts.some((contact) => contact !== this.own)) throw missing('contact')
      if (!this.open(matter)) return { rows: [], next: null, total: 0, exact: true }
    }
    const found = this.tx.find(matter, filter, { ...page, limit: Math.min(page.limit, PAGE) }, this.user, this.own)
    this.charge('rows', found.rows.reduce((sum, row) => sum + 1 + row.shares.length, 0))
    for (const row of found.rows) this.shown.add(row.document.id)
    return found
  }
  listGrants(matter, contacts) {
    this.scope(matter)
    return this.counted(this.tx.grants(matter, this.narrow(contacts)))
  }
  listGrantedMatters(contact) {
    if (this.own !== contact) throw missing('contact')
    return this.counted(this.granted().filter((row) => this.bound === null || this.bound.includes(row.matter.id)))
  }
  listShared(matter, documents, contacts) {
    this.scope(matter, documents.length)
    const seen = this.user && !this.own ? this.sees(matter, documents) : null
    const ids = seen ? documents.filter((id) => seen.has(id)) : documents
    return this.counted(this.tx.shares(matter, ids, this.narrow(contacts)))
  }
  countShared(matter, contacts) {
    this.scope(matter)
    return this.counted(this.tx.counts(matter, this.narrow(contacts)))
  }
  listWatchers(matter) {
    this.scope(matter)
    return this.counted(this.tx.watchers(matter))
  }
  getRevision(matter, section) {
    this.scope(matter, 1)
    return this.tx.revision(matter, section)
  }

  // The imports that write.

  mayWrite(matter, rows) {
    if (!this.writes) throw new HostError('other', 'this call may only read')
    if (this.bound?.length !== 1 || this.bound[0] !== matter) throw missing('matter')
    this.scope(matter, rows)
  }
  proveOwn(contacts) {
    if (this.own && contacts.some((contact) => contact !== this.own)) throw missing('contact')
  }
  proveLinked(matter, contacts) {
    this.proveOwn(contacts)
    if (this.tx.contacts(matter, contacts).length !== new Set(contacts).size) throw missing('contact')
  }
  proveMayShare(matter) {
    const member = this.user && !this.own ? this.tx.userIn(matter, this.user) : null
    if (!member?.['can-share']) throw new HostError('other', 'this actor may open nothing in this matter')
  }
  proveSeen(matter, ids, what = 'document') {
    const seen = this.sees(matter, ids)
    if (!ids.every((id) => seen.has(id))) throw missing(what)
  }
  updateDocuments(matter, changes) {
    this.mayWrite(matter, changes.length)
    const ids = changes.map((change) => change.document)
    if (!this.own || !ids.every((id) => this.uploads.has(id))) throw missing('upload')
    this.proveSeen(matter, ids, 'upload')
    for (const change of changes) {
      if (change['created-by'] && !this.tx.userIn(matter, change['created-by'])) throw missing('user')
    }
    this.tx.updateDocuments(changes)
  }
  putGrants(matter, grants) {
    this.mayWrite(matter, grants.length)
    const contacts = grants.map((grant) => grant.contact)
    once(contacts)
    this.proveLinked(matter, contacts)
    const before = new Map(this.tx.grants(matter, contacts).map((grant) => [grant.contact, grant]))
    const rows = grants.map((grant) => {
      const old = before.get(grant.contact)
      if (opens(old, grant)) this.proveMayShare(matter)
      // When it changed is the host's to say.
      return { ...grant, since: old?.portal === grant.portal ? old.since : this.now }
    })
    this.tx.putGrants(matter, rows)
  }
  putShared(matter, shared) {
    this.mayWrite(matter, shared.length)
    const name = (row) => JSON.stringify([row.document, row.contact])
    once(shared.map(name))
    const documents = [...new Set(shared.map((row) => row.document))]
    const contacts = [...new Set(shared.map((row) => row.contact))]
    this.proveOwn(contacts)
    const before = new Map(this.tx.shares(matter, documents, contacts).map((row) => [name(row), row]))
    const same = (row) => JSON.stringify(before.get(name(row))?.state) === JSON.stringify(row.state)
    const rows = shared.map((row) => ({ ...row, since: same(row) ? before.get(name(row)).since : this.now }))
    const opened = shared.filter((row) => row.state === 'live' && before.get(name(row))?.state !== 'live')
    const added = shared.filter((row) => !before.has(name(row)))
    if (this.user) this.proveSeen(matter, documents)
    this.proveLinked(matter, [...new Set([...opened, ...added].map((row) => row.contact))])
    if (opened.length > 0) {
      const ids = opened.map((row) => row.document)
      if (this.own && !ids.every((id) => this.uploads.has(id))) throw missing('upload')
      if (!this.own) this.proveMayShare(matter)
      this.proveSeen(matter, ids)
    }
    this.tx.putShared(matter, rows)
  }
  forgetContacts(matter, contacts) {
    this.mayWrite(matter, contacts.length)
    this.proveOwn(contacts)
    this.tx.forget(matter, contacts)
  }
  setWatchers(matter, watchers) {
    this.mayWrite(matter, watchers.length)
    once(watchers.map((watcher) => watcher.user))
    const before = new Map(this.tx.watchers(matter).map((watcher) => [watcher.user, watcher]))
    for (const watcher of watchers) {
      const old = before.get(watcher.user)
      if (!old || ['in-app', 'email'].some((way) => watcher[way] && !old[way])) this.proveMayShare(matter)
      if (!old && !this.tx.userIn(matter, watcher.user)) throw missing('user')
    }
    this.tx.setWatchers(matter, watchers)
  }
  raiseRevision(matter, section, current) {
    this.mayWrite(matter, 1)
    return this.tx.raiseRevision(matter, section, current)
  }
  enqueue(notices) {
    this.charge('notices', notices.length)
    for (const { matter, documents, to, contact } of notices) {
      this.mayWrite(matter, 1 + documents.length)
      this.proveLinked(matter, [...new Set([to.contact, contact].filter(Boolean))])
      if (to.user && !this.tx.userIn(matter, to.user)) throw missing('user')
      this.proveSeen(matter, documents)
    }
    for (const notice of notices) this.tx.enqueue(notice)
  }
  append(entries) {
    this.charge('entries', entries.length)
    for (const { matter, document, contact } of entries) {
      this.mayWrite(matter, 1)
      if (contact) this.proveOwn([contact])
      // A document that the host reports may be gone; an ended share may be spoken of.
      if (!document || this.reported.has(document) || this.sees(matter, [document]).has(document)) continue
      const spoken = !this.user && this.tx.shares(matter, [document], this.own ? [this.own] : null).length > 0
      if (!spoken) throw missing('document')
    }
    this.words.push(...entries)
  }
  log() {}

  /** What of an answer leaves the host: of the portal's answers, only what the floor can prove by itself. */
  prove(name, args, answer) {
    if (name === 'portal.matters') {
      const stands = this.granted().filter(({ matter }) => matter.firm.enabled && this.open(matter.id))
      return answer.filter((row) => stands.some(({ matter }) => matter.id === row.matter))
    }
    if (!name.startsWith('portal.') || !this.own) return answer
    const matter = this.matter(args.matter)
    if (!matter?.firm.enabled || !this.open(matter.id)) return null
    const download = this.grant(matter.id)['can-download']
    if (name === 'portal.view') {
      return { ...answer, 'can-download': answer['can-download'] && download, 'can-upload': answer['can-upload'] && !this.viewing }
    }
    if (name === 'portal.documents') {
      const rows = answer.rows.filter((row) => this.shown.has(row.document))
      return { ...answer, rows: rows.map((row) => ({ ...row, 'can-download': row['can-download'] && download })) }
    }
    if (args.verb === 'upload') return this.viewing ? null : []
    if (args.verb === 'download' && (this.viewing || !download)) return []
    const seen = this.sees(matter.id, args.documents)
    return answer.filter((row) => seen.has(row.id)).map((row) => seen.get(row.id))
  }
}

/** Whether a new grant lets anybody in where the old one did not. */
function opens(old, now) {
  if (!old) return now.portal || now['can-download']
  const later = old.until !== null && (now.until === null || now.until > old.until)
  return (now['can-download'] && !old['can-download']) || (now.portal && (!old.portal || later))
}
