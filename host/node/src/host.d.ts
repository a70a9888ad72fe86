// What this package offers, in types: those of the contract are in contract.d.ts.

import type * as contract from './contract.js'

export type * from './contract.js'

/** A component made ready; can be handed to a worker. */
export interface Translated {
  sha256: string
  source: string
  cores: Record<string, Uint8Array>
}
/** @throws {Unfit} if it is no plugin of this contract. */
export function translate(component: Uint8Array): Promise<Translated>

export class Plugin {
  private constructor()
  /** Of the file, in hex. */
  readonly sha256: string
  static from(translated: Translated): Promise<Plugin>
}

/** The plugin, or the floor, says no. Nothing of the call was kept. */
export class Refused extends Error {
  readonly refusal: contract.Refusal
}
/** No plugin of this contract. */
export class Unfit extends Error {}

/** One call: who asks, when, what. */
export interface Call<Name extends keyof contract.Calls> {
  actor: contract.Actor
  now: contract.Timestamp
  name: Name
  args: contract.Calls[Name]['args']
  /** BCP 47; `en` if it is left out. */
  locale?: string
  attributes?: contract.Attributes
  /** False: all of it is undone, and the answer is what would have come of it. */
  keep?: boolean
  /** The platform's own change that the call reports, in the same transaction. */
  change?: (tx: Tx) => void
}

export class Host<Kept extends Transactions = Store> {
  constructor(plugin: Plugin, store: Kept)
  readonly plugin: Plugin
  readonly store: Kept
  /** @throws {Refused} */
  call<Name extends keyof contract.Calls>(call: Call<Name>): contract.Calls[Name]['answer']
}

/** Runs the work in one transaction: kept if it ends well, and undone if it throws. */
export interface Transactions {
  transaction<Answer>(work: (tx: Tx) => Answer): Answer
}

/** Whose documents are asked for: those that this user may see, or those that are shared with this contact. */
type Viewer = [user: contract.UserId | null, contact: contract.ContactId | null]
/** In the matter, or null for every one. */
type Named<Id> = Id[] | null

/** All that the floor asks of a store. It stores and answers, and decides nothing. */
export interface Records {
  matter(id: contract.MatterId): contract.Matter | null
  member(matter: contract.MatterId, user: contract.UserId): { 'can-share': boolean } | null | undefined
  linked(matter: contract.MatterId, contact: contract.ContactId): boolean
  userIn(matter: contract.MatterId, id: contract.UserId): contract.Member | null
  contacts(matter: contract.MatterId, ids: Named<contract.ContactId>): contract.Contact[]
  sameAddress(contact: contract.ContactId): contract.Contact[]
  documents(matter: contract.MatterId, ids: contract.DocumentId[], ...viewer: Viewer): Map<contract.DocumentId, contract.Document>
  find(matter: contract.MatterId, filter: contract.DocumentFilter, page: contract.Page, ...viewer: Viewer): contract.DocumentPage
  updateDocuments(changes: contract.DocumentChange[]): void
  grants(matter: contract.MatterId, contacts: Named<contract.ContactId>): contract.AccessGrant[]
  putGrants(matter: contract.MatterId, grants: contract.AccessGrant[]): void
  granted(contact: contract.ContactId): contract.GrantedMatter[]
  shares(matter: contract.MatterId, documents: contract.DocumentId[], contacts: Named<contract.ContactId>): contract.SharedDocument[]
  putShared(matter: contract.MatterId, shared: contract.SharedDocument[]): void
  counts(matter: contract.MatterId, contacts: Named<contract.ContactId>): contract.SharedCount[]
  forget(matter: contract.MatterId, contacts: contract.ContactId[]): void
  watchers(matter: contract.MatterId): contract.Watcher[]
  setWatchers(matter: contract.MatterId, watchers: contract.Watcher[]): void
  revision(matter: contract.MatterId, section: contract.Section): number
  /** @throws an error with the payload `{ tag: 'conflict', val: … }` if `current` is not the section's revision. */
  raiseRevision(matter: contract.MatterId, section: contract.Section, current: number): number
  enqueue(notice: contract.Notice): void
  record(entries: contract.Entry[], actor: contract.Actor, at: contract.Timestamp, plugin: string): void
}

/** A platform's records, and Client Connect's own. */
export type Kind =
  | 'firms' | 'users' | 'matters' | 'members' | 'contacts' | 'links' | 'documents' | 'grants' | 'shares' | 'watchers'
  | 'revisions' | 'outbox' | 'audit'

export interface Tx extends Records {
  put(kind: Kind, id: string | number, row: object): void
  drop(kind: Kind, id: string | number): void
}

/** Under which a row is kept: its id, or its ids. */
export function key(...ids: string[]): string

/** Remembers what a transaction has changed; a row that is null was dropped. */
export interface Keeper {
  rows(): Iterable<[kind: Kind, id: string, row: object]>
  keep(changes: [kind: Kind, id: string | number, row: object | null][]): void
}

/** Records in memory. */
export class Store implements Transactions {
  constructor(keeper?: Keeper | null)
  readonly tables: { outbox: Map<string, contract.Notice> } & Record<Kind, Map<string | number, unknown>>
  transaction<Answer>(work: (tx: Tx) => Answer): Answer
}

/** In a file of SQLite's. */
export class SqliteKeeper implements Keeper {
  constructor(file: string)
  rows(): [kind: Kind, id: string, row: object][]
  keep(changes: [kind: Kind, id: string | number, row: object | null][]): void
}
