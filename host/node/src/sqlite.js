// Keeps a store's rows in a file of SQLite. What a transaction has changed is written in one transaction of the database.

import sqlite from 'node-sqlite3-wasm'

export class SqliteKeeper {
  constructor(file) {
    this.db = new sqlite.Database(file)
    this.db.exec('CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, row TEXT, UNIQUE (kind, id))')
  }
  rows() {
    return this.db.all('SELECT kind, id, row FROM rows ORDER BY n').map(({ kind, id, row }) => [kind, id, JSON.parse(row)])
  }
  keep(changes) {
    if (changes.length === 0) return
    this.db.exec('BEGIN IMMEDIATE')
    try {
      for (const [kind, id, row] of changes) {
        if (row === null) this.db.run('DELETE FROM rows WHERE kind = ? AND id = ?', [kind, String(id)])
        else this.db.run('INSERT INTO rows (kind, id, row) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row', [kind, String(id), JSON.stringify(row)])
      }
      this.db.exec('COMMIT')
    } catch (error) {
      this.db.exec('ROLLBACK')
      throw error
    }
  }
}
