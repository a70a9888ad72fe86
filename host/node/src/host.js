// A plugin over a store: each call in one transaction.

import { Floor } from './floor.js'
import { Refused } from './plugin.js'

export { Plugin, Refused, Unfit, translate } from './plugin.js'
export { SqliteKeeper } from './sqlite.js'
export { Store, key } from './store.js'

class Reviewed extends Error {}

/** The parameters of each export, in their order. */
const PARAMS = {
  'access.view': ['matter'],
  'access.grant': ['matter', 'revision', 'changes'],
  'sharing.view': ['matter'],
  'sharing.documents': ['matter', 'filter', 'page'],
  'sharing.share': ['matter', 'revision', 'contacts', 'documents'],
  'sharing.unshare': ['matter', 'revision', 'contacts', 'documents'],
  'sharing.save': ['matter', 'revision', 'share', 'unshare'],
  'notifications.view': ['matter'],
  'notifications.set-watchers': ['matter', 'revision', 'watchers'],
  'portal.matters': [],
  'portal.view': ['matter'],
  'portal.documents': ['matter', 'search', 'sort', 'descending', 'page'],
  'portal.permit': ['matter', 'verb', 'documents'],
  'events.on-upload': ['matter', 'documents'],
  'events.on-document-deleted': ['matter', 'documents'],
  'events.on-contact-unlinked': ['matter', 'contact'],
  'events.on-contact-address-changed': ['matter', 'contact'],
  'events.on-matter-deleted': ['matter'],
  'events.on-matter-changed': ['matter', 'before'],
  'events.on-document-seen': ['matter', 'seen'],
  'letters.compose': ['notices'],
}

export class Host {
  constructor(plugin, store) {
    this.plugin = plugin
    this.store = store
  }

  /**
   * One call in one transaction: kept if the plugin answers, and undone if it refuses or breaks off.
   * `change` is the platform's own change that the call reports, made in the same transaction. Without `keep` all of it is
   * undone in any case, and the answer is what would have come of it.
   */
  call({ actor, now, name, args, locale = 'en', attributes = [], keep = true, change }) {
    let answer
    try {
      this.store.transaction((tx) => {
        change?.(tx)
        answer = this.#call(tx, { actor, now, locale, attributes }, name, args)
        if (!keep) throw new Reviewed()
      })
    } catch (error) {
      if (!(error instanceof Reviewed)) throw error
    }
    return answer
  }

  #call(tx, context, name, args) {
    const { actor, now } = context
    const bound = args.matter ? [args.matter] : args.notices ? [...new Set(args.notices.map((notice) => notice.matter))] : null
    const reported = name.startsWith('events.') ? (args.documents ?? args.seen?.map((seen) => seen.document)) : []
    const floor = new Floor(tx, actor, now, name, bound, reported)
    // Whose matter it is not, hears nothing of it, not even from the plugin.
    if (args.matter && !floor.host && !floor.matter(args.matter)) throw new Refused('not-found')
    const answer = this.plugin.call(name, floor, [['ctx', context], ...PARAMS[name].map((param) => [param, args[param]])])
    const proven = floor.prove(name, args, answer)
    if (proven === null && answer !== null) throw new Refused('not-found')
    tx.record(floor.words, actor, now, this.plugin.sha256)
    return proven
  }
}
