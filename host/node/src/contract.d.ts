// Made of the contract in wit/, and not by hand: `TYPES=write cargo test --test types`.
//
// Plain JSON, under the names of the WIT: an option is a value or null, a case without a payload its name, and one with a
// payload an object with that one key. Times are milliseconds since the Unix epoch.

export type Level =
  | 'debug'
  | 'info'
  | 'warn'
  | 'error'

export type MatterId = string

export type ContactId = string

export type UserId = string

export type DocumentId = string

/** Milliseconds since the Unix epoch, UTC. */
export type Timestamp = number

/**
 * Each key once. Whoever does not know a key passes it on as it is, so a row that is read and put back
 * keeps what others have noted on it. Keys that this version knows are named where they stand.
 */
export type Attributes = [string, string][]

/** A member of staff who looks at the portal as one contact sees it: reads, never changes or downloads. */
export interface ViewingAs {
  user: UserId
  contact: ContactId
}

/** Who asks. The host has authenticated them; the plugin decides what they may do. */
export type Actor =
  | { user: UserId }
  | { contact: ContactId }
  | { 'viewing-as': ViewingAs }
  /** The platform itself reports a fact, in nobody's name. */
  | 'host'

/** Everything ambient that a call may depend on: same context and same storage, same result. */
export interface CallContext {
  actor: Actor
  /** The host's clock when the call began: the time of all that happens in it. */
  now: Timestamp
  /** BCP 47, of the person who asks or will read. */
  locale: string
  attributes: Attributes
}

/** What the firm has set for all its matters. */
export interface Firm {
  /** As its customers read it. */
  name: string
  /** False: no section, no portal, no sign-in; all that is stored stays, and events are still reported. */
  enabled: boolean
  /** Where its customers enter the portal: the same for all, and no secret in it. */
  'portal-url': string
  /** Who stands in for a matter's owner where there is none who is active. */
  fallback: UserId | null
  /**
   * `when-closed`, what becomes of a closed matter's portal: `keep`; `read-only`, also where the key is
   * missing or not understood; or a number, the days after which all access ends, and read-only until then.
   * `mail-hold`: for how many seconds the host holds a notice before it sends; none if the key is missing.
   */
  attributes: Attributes
}

export interface Matter {
  id: MatterId
  firm: Firm
  name: string
  owner: UserId | null
  /** The creation date that the portal shows. */
  'opened-at': Timestamp
  /** None while it is open. */
  'closed-at': Timestamp | null
  /** Mails name neither the matter nor its documents. What staff see in the app still does. */
  discreet: boolean
  /** Where staff open it; grants nothing. */
  'staff-url': string
  attributes: Attributes
}

/**
 * Somebody outside of the firm, as the platform knows them. `email` is as stored: the plugin says whether it
 * will do, the host which addresses are the same.
 */
export interface Contact {
  id: ContactId
  name: string
  email: string | null
  locale: string
  attributes: Attributes
}

/** One of the firm's own people. */
export interface User {
  id: UserId
  name: string
  email: string | null
  active: boolean
  locale: string
  attributes: Attributes
}

/** A user, and what the platform lets them do in one matter. To one who may not view it, it does not exist. */
export interface Member {
  user: User
  'can-view': boolean
  'can-share': boolean
  attributes: Attributes
}

/** Where a document came from; `portal` names its true uploader. The host's to say. */
export type DocumentSource =
  | 'platform'
  | { portal: ContactId }
  | { other: string }

export interface Document {
  id: DocumentId
  matter: MatterId
  name: string
  /** What the matter's Documents page shows as type, for instance "Document (Portal)". */
  kind: string
  'media-type': string
  /** Bytes. */
  size: number
  /** 1 for the first content; each edit adds one. */
  version: number
  /** Whether the host can show its pages. If not, only a contact who may download gets anything of it. */
  'can-preview': boolean
  /** None for an upload until `on-upload` has said who. */
  'created-by': UserId | null
  'created-at': Timestamp
  /** The last change of content or name. */
  'activity-at': Timestamp
  source: DocumentSource
  attributes: Attributes
}

/**
 * A contact's access to one matter: no row, none. The row stays when the portal is closed to them, so
 * that `can-download` and their shares are still there if it is opened again.
 */
export interface AccessGrant {
  contact: ContactId
  portal: boolean
  'can-download': boolean
  /** When `portal` last changed. */
  since: Timestamp
  /** Access ends here by itself. */
  until: Timestamp | null
  attributes: Attributes
}

/** A matter in the eyes of one contact who was granted access to it. */
export interface GrantedMatter {
  matter: Matter
  grant: AccessGrant
}

export type ShareState =
  /** Visible, while the contact has access and the document is in the matter. All other states are not. */
  | 'live'
  | 'unshared'
  /** Ended with its document; offered again, and no more than that, if the document comes back. */
  | 'lapsed'
  | { other: string }

/** The last that a contact was shown, or took. The whole history is in the audit. */
export interface Receipt {
  version: number
  at: Timestamp
  downloaded: boolean
  attributes: Attributes
}

/**
 * One document and one contact; an upload is shared with its uploader by `on-upload`. The row stays when
 * the share ends: a repeated event must not revive it, a restored document is offered from it, and what
 * is shared again at once is no news.
 */
export interface SharedDocument {
  document: DocumentId
  contact: ContactId
  state: ShareState
  /** When `state` last changed. The host writes the time of the call, here and in a grant. */
  since: Timestamp
  /** The last that this contact was shown of it, kept when the share ends and begins again. */
  seen: Receipt | null
  attributes: Attributes
}

/**
 * Live shares of documents that are in the matter, whether the contact has access or not.
 * `uploaded` are their own; `shared` are all others.
 */
export interface SharedCount {
  contact: ContactId
  shared: number
  uploaded: number
}

/** A user who is told of activity in one matter. */
export interface Watcher {
  user: UserId
  'in-app': boolean
  email: boolean
  attributes: Attributes
}

/** The sections that are saved one by one, each with a revision of its own. */
export type Section =
  | 'access'
  | 'sharing'
  | 'notifications'

/**
 * Which documents, seen from the contacts of a filter; where it names none, from any contact at all.
 * `all-of-them` and `some-of-them` are then empty.
 */
export type Lane =
  | 'whole-matter'
  | 'any-of-them'
  | 'all-of-them'
  /** Any, but not all. */
  | 'some-of-them'
  | 'none-of-them'
  /** Sent by one of them, still shared with them or not. */
  | 'uploaded'
  /** Back in the matter, with a share that lapsed for one of them. */
  | 'lapsed'

export type SortKey =
  | 'name'
  | 'activity-at'
  | 'created-at'

export interface DocumentFilter {
  contacts: ContactId[]
  lane: Lane
  /** Part of the name, compared without case and accents; none for all. Never blank. */
  search: string | null
  /** Only other documents with the same bytes as this one. */
  'same-content-as': DocumentId | null
  /** Names sort as people read them. Equal keys sort by id. */
  sort: SortKey
  descending: boolean
  attributes: Attributes
}

export interface Page {
  /** `next` of the page before, from the same filter. */
  after: string | null
  /** 0 asks for the total alone. There may be fewer rows, and still a `next`. */
  limit: number
}

/** A document, and its shares in any state with the contacts of the filter; with all where it names none. */
export interface DocumentRow {
  document: Document
  shares: SharedDocument[]
  attributes: Attributes
}

export interface DocumentPage {
  rows: DocumentRow[]
  next: string | null
  /** Counted as far as counting is cheap; if not `exact`, there are more. */
  total: number
  exact: boolean
}

/**
 * What a person is told: a stable code for programs, a sentence in the locale of the context, and what
 * it is about, by the keys `contact`, `document` and `user`. The codes are listed in the README.
 */
export interface Problem {
  code: string
  message: string
  attributes: Attributes
}

/** A call that is refused changes nothing. One problem for each row at fault, so that all can be named. */
export type Refusal =
  | { invalid: Problem[] }
  | { denied: Problem[] }
  /** Not there, or not for the asker to know: it says nothing, so that both read the same. */
  | 'not-found'
  /**
   * Somebody else saved this section first. What they saved is in the audit; the section's `view` has the
   * new revision.
   */
  | { conflict: Problem[] }
  | { unavailable: Problem[] }
  | { other: Problem[] }

/** How any import fails; the string is for the log. */
export type HostError =
  /** For instance a cursor that belongs to another list. */
  | { invalid: string }
  /** Not there, or below the floor: see `storage`. */
  | { 'not-found': string }
  | { conflict: string }
  /** The backend does not answer; the host may try the whole call again. */
  | { unavailable: string }
  /** More rows, notices or bytes than one call may move. */
  | { 'limit-exceeded': string }
  | { other: string }

export interface Entry {
  matter: MatterId
  /**
   * What happened, as `thing.happened`: for instance "document.shared", "access.granted",
   * "document.downloaded". Published like a problem's code: never given another meaning.
   */
  action: string
  document: DocumentId | null
  contact: ContactId | null
  /** What else there is to say. Ids, numbers and words of the plugin; nothing that a person typed. */
  details: Attributes
}

/** The host knows their address, and whether they have one, when it sends. */
export type Recipient =
  | { contact: ContactId }
  | { user: UserId }

/** `in-app` is for users alone. */
export type Channel =
  | 'email'
  | 'in-app'

export type Topic =
  /** A contact was given access. */
  | 'invited'
  /** Documents were made visible to a contact. */
  | 'shared'
  /** A contact uploaded documents. */
  | 'uploaded'
  /** The plugin's own: whoever composes the letter knows it. */
  | { other: string }

export interface Notice {
  to: Recipient
  channel: Channel
  matter: MatterId
  topic: Topic
  /** What is new; the letter leaves out what holds no more when it is composed. */
  documents: DocumentId[]
  /** Whom it is about, where staff are told. */
  contact: ContactId | null
  /**
   * Used once for each matter, recipient and channel: the host passes over a notice whose key it has had,
   * sent or not.
   */
  key: string
  attributes: Attributes
}

export interface Description {
  name: string
  version: string
  attributes: Attributes
}

export interface AccessRow {
  contact: Contact
  grant: AccessGrant | null
  /** What the contact sees, or would if the portal were open, also where the asker may see less. */
  shared: number
  uploaded: number
  /**
   * Why access cannot be given, or rests: no address, or one that other contacts have too, one problem for
   * each of them, who stands under the key `other`.
   */
  obstacles: Problem[]
  attributes: Attributes
}

export interface AccessSection {
  revision: number
  rows: AccessRow[]
  /** For instance why there is no row. */
  notes: Problem[]
  attributes: Attributes
}

/**
 * All that is to hold for this contact. Contacts without a change stay as they are. Where `portal` is false,
 * the right to download stays stored as it was, and `until` is dropped.
 */
export interface AccessChange {
  contact: ContactId
  portal: boolean
  'can-download': boolean
  until: Timestamp | null
  attributes: Attributes
}

export interface Granted {
  revision: number
  invited: ContactId[]
  revoked: ContactId[]
  changed: ContactId[]
  /** What becomes visible at once to those whose portal opens. */
  revived: SharedCount[]
  warnings: Problem[]
  attributes: Attributes
}

/** The contacts to choose from: those who have access now. */
export interface SharingSection {
  revision: number
  contacts: Contact[]
  notes: Problem[]
  attributes: Attributes
}

export interface Pair {
  document: DocumentId
  contact: ContactId
}

export interface Saved {
  revision: number
  shared: Pair[]
  unshared: Pair[]
  /** Whom the save will tell, once each. */
  notified: ContactId[]
  /** Nothing that stops the save, but what a careful person would look at. */
  warnings: Problem[]
  /** `declined`: how many offers were taken away. */
  attributes: Attributes
}

export interface WatcherRow {
  watcher: Watcher
  /** None where the platform knows them no more. */
  user: User | null
  /** Shown, not stored: not to be sent back with a Save, or today's owner would stay for ever. */
  'is-owner-by-default': boolean
  /** Why this user is not told. */
  obstacles: Problem[]
  attributes: Attributes
}

export interface NotificationsSection {
  revision: number
  rows: WatcherRow[]
  notes: Problem[]
  attributes: Attributes
}

export interface MatterChoice {
  matter: MatterId
  firm: string
  name: string
  attributes: Attributes
}

/** The matter's details. `attributes`: `until`, when this contact's access ends; `closed`, `true` if it is. */
export interface PortalMatter {
  matter: MatterId
  firm: string
  name: string
  owner: string | null
  'opened-at': Timestamp
  'can-download': boolean
  'can-upload': boolean
  attributes: Attributes
}

export interface PortalDocument {
  document: DocumentId
  name: string
  'media-type': string
  size: number
  version: number
  'created-at': Timestamp
  'activity-at': Timestamp
  'own-upload': boolean
  'can-preview': boolean
  'can-download': boolean
  /** The last version that this contact was shown. */
  seen: number | null
  attributes: Attributes
}

export interface PortalPage {
  rows: PortalDocument[]
  next: string | null
  total: number
  exact: boolean
}

export type Verb =
  | 'preview'
  | 'download'
  | 'upload'

export interface SeenDocument {
  document: DocumentId
  receipt: Receipt
}

/**
 * A notice in the app shows `text` alone. The host adds addresses and headers. `html` is a whole document.
 * `attributes`: `locale`, the language that it is in (BCP 47).
 */
export interface Letter {
  subject: string
  text: string
  html: string
  attributes: Attributes
}

/**
 * What an upload becomes. Only for documents that this call of `on-upload` reports. Attributes replace
 * those of the same key.
 */
export interface DocumentChange {
  document: DocumentId
  kind: string | null
  'created-by': UserId | null
  attributes: Attributes
}

/** Every call: what it takes beside the caller, and what it answers. What it refuses is thrown. */
export interface Calls {
  'access.view': { args: { matter: MatterId }; answer: AccessSection }
  /**
   * The section's Save. All of it or nothing. Run and rolled back, it is the review before the Save. If it
   * comes to nothing, the revision stays, and nothing is told or audited. This holds for every Save.
   */
  'access.grant': { args: { matter: MatterId; revision: number; changes: AccessChange[] }; answer: Granted }
  'sharing.view': { args: { matter: MatterId }; answer: SharingSection }
  /**
   * Any list of documents that staff look at: one lane each, at most 200 rows a page. A contact whose portal is
   * closed may be named too, to see what opening it would show; in the lane `lapsed` only those who have access
   * now are offered.
   */
  'sharing.documents': { args: { matter: MatterId; filter: DocumentFilter; page: Page }; answer: DocumentPage }
  /** At once, without staging: each of the documents with each of the contacts. */
  'sharing.share': { args: { matter: MatterId; revision: number; contacts: ContactId[]; documents: DocumentId[] }; answer: Saved }
  'sharing.unshare': { args: { matter: MatterId; revision: number; contacts: ContactId[]; documents: DocumentId[] }; answer: Saved }
  /**
   * The section's Save: all that was staged, in one step, at most 10,000 pairs. All of it or nothing. Run and
   * rolled back, it is the review before the Save; with the lists of `saved` exchanged, the undo after it. A pair
   * in both lists is as if it were in none. To unshare a lapsed pair declines its offer.
   */
  'sharing.save': { args: { matter: MatterId; revision: number; share: Pair[]; unshare: Pair[] }; answer: Saved }
  'notifications.view': { args: { matter: MatterId }; answer: NotificationsSection }
  /**
   * The section's Save: the whole list. An owner who is not in it is told in both ways, and to switch them off
   * they are in it with neither. Whom to add is chosen from the platform's own list of users.
   */
  'notifications.set-watchers': { args: { matter: MatterId; revision: number; watchers: Watcher[] }; answer: NotificationsSection }
  /**
   * The matters to choose from. A sign-in asks this before it mails a code, in the name of each contact with
   * the address that was typed in; a contact who is refused cannot sign in. One person may be a contact of
   * several firms; two contacts of one firm with one address are never taken for one person.
   */
  'portal.matters': { args: {}; answer: MatterChoice[] }
  'portal.view': { args: { matter: MatterId }; answer: PortalMatter }
  'portal.documents': { args: { matter: MatterId; search: string | null; sort: SortKey; descending: boolean; page: Page }; answer: PortalPage }
  /**
   * Asked before any byte moves, and again while bytes move. Answers those of the documents that it
   * permits, in the order asked, and leaves out the others, at most 1,000; an upload names none, and is
   * permitted by an empty list. What the contact may do with no document at all is `denied`, whatever the
   * documents, so that the refusal does not tell which there are.
   */
  'portal.permit': { args: { matter: MatterId; verb: Verb; documents: DocumentId[] }; answer: Document[] }
  /**
   * Whole uploads: stored, and documents of the matter already. If refused, the host throws them away; what
   * was accepted once is never refused later. Answers what the contact may like to know, for instance that
   * they sent the same before.
   */
  'events.on-upload': { args: { matter: MatterId; documents: DocumentId[] }; answer: Problem[] }
  /**
   * No longer in this matter: deleted, moved to another one, or deleted with the matter. Documents that were
   * never shared may be left out.
   */
  'events.on-document-deleted': { args: { matter: MatterId; documents: DocumentId[] }; answer: null }
  /** Also a contact who was deleted, or merged into another: nothing of theirs passes on. */
  'events.on-contact-unlinked': { args: { matter: MatterId; contact: ContactId }; answer: null }
  /**
   * Another address, none any more, or the same that is now another contact's too: so it is also reported of
   * those whose address somebody else was given. Once for each matter in which the contact has a grant. The host
   * has ended their sessions.
   */
  'events.on-contact-address-changed': { args: { matter: MatterId; contact: ContactId }; answer: null }
  /**
   * Deleted: reported while it can still be read, after its documents. If the matter comes back, every portal
   * of it is closed, and what was shared is offered and no more.
   */
  'events.on-matter-deleted': { args: { matter: MatterId }; answer: null }
  /** Another owner, closed, or open again. */
  'events.on-matter-changed': { args: { matter: MatterId; before: Matter }; answer: null }
  /** What this contact has been shown, or has taken: once for each version and way. */
  'events.on-document-seen': { args: { matter: MatterId; seen: SeenDocument[] }; answer: null }
  /**
   * One letter for all that one recipient is to be told on one channel; none, or `not-found`, where nothing
   * of it still holds. The actor is the recipient: what they may not see now cannot get into their letter.
   * In a review the host may ask this too, before it rolls back.
   */
  'letters.compose': { args: { notices: Notice[] }; answer: Letter | null }
}
