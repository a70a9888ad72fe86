// A host in a thread of its own, so that a call that does not end can be ended with it.

import { parentPort, workerData } from 'node:worker_threads'

import { Host, Plugin, Refused, SqliteKeeper, Store, key } from './host.js'

/** A store in a file, or one whose changes are kept by whoever has started this thread. */
const opened = ({ file, rows }) =>
  new Store(file ? new SqliteKeeper(file) : { rows: () => rows, keep: (changes) => parentPort.postMessage({ changes }) })
const host = new Host(await Plugin.from(workerData.plugin), opened(workerData))
const KEYS = {
  firms: ['id'], users: ['id'], matters: ['id'], contacts: ['id'], documents: ['id'], members: ['matter', 'user'],
  links: ['matter', 'contact'], grants: ['matter', 'contact'], shares: ['matter', 'document', 'contact'],
  watchers: ['matter', 'user'], revisions: ['matter', 'section'],
}

/** Records as the scenario gives them, past the plugin. */
function change(tx, records) {
  for (const [kind, rows] of Object.entries(records)) {
    for (const { gone, ...row } of rows) {
      const id = key(...KEYS[kind].map((name) => row[name]))
      if (gone) tx.drop(kind, id)
      else tx.put(kind, id, row)
    }
  }
}

const work = {
  given: ({ records, file }) => {
    host.store = opened({ file, rows: [] })
    return work.put({ records })
  },
  put: ({ records }) => {
    host.store.transaction((tx) => change(tx, records))
    return {}
  },
  call: ({ actor, now, export: name, args, locale, attributes, keep, records }) => {
    try {
      const answer = host.call({ actor, now, name, args, locale, attributes, keep, change: (tx) => change(tx, records) })
      return { answer }
    } catch (error) {
      return error instanceof Refused ? { refused: error.refusal } : { broken: String(error?.stack ?? error) }
    }
  },
  state: () => {
    const rows = (kind) => [...host.store.tables[kind].entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
    const sections = ['access', 'sharing', 'notifications']
    const inOrder = (a, b) => (a.matter < b.matter ? -1 : a.matter > b.matter ? 1 : sections.indexOf(a.section) - sections.indexOf(b.section))
    return {
      grants: rows('grants'), shares: rows('shares'), watchers: rows('watchers'),
      documents: rows('documents').filter((row) => !row.deleted).map(({ content, deleted, readers, ...row }) => row),
      revisions: rows('revisions').sort(inOrder),
      notices: [...host.store.tables.outbox.values()], audit: [...host.store.tables.audit.values()],
    }
  },
}

parentPort.on('message', (message) => {
  let answer
  try {
    answer = work[message.do](message)
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  parentPort.postMessage({ answer })
})
parentPort.postMessage({ ready: true })
