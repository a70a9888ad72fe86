#!/usr/bin/env node
// The adapter of the conformance kit: reads a message a line, does it, answers a line.
//
//   node src/adapter.js            records in memory
//   node src/adapter.js --sqlite   records in a file of SQLite

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'

import { translate } from './plugin.js'

/** By the clock on the wall, so that it has to do on a busy machine too. */
const SECONDS = 15
const folder = process.argv.includes('--sqlite') ? mkdtempSync(join(tmpdir(), 'client-connect-')) : null
let plugin = null
let worker = null
/** What is kept in memory, where there is no file; and how many worlds there were. */
let rows = new Map()
let worlds = 0

const file = () => folder && join(folder, `${worlds}.sqlite`)

/** Gives the thread a message, and ends the thread if it does not answer in time. */
async function tell(message) {
  worker ??= await started()
  let timer
  const answer = await new Promise((resolve) => {
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
    worker.on('message', (said) => {
      for (const change of said.changes ?? []) keep(change)
      if (said.answer) resolve(said.answer)
    })
    worker.on('error', (error) => resolve({ broken: String(error) }))
    worker.on('exit', () => resolve({ broken: 'the thread has ended' }))
    timer = setTimeout(() => resolve({ broken: `no answer after ${SECONDS} s` }), SECONDS * 1_000)
    worker.postMessage(message)
  })
  clearTimeout(timer)
  if (answer.broken) await stop()
  return answer
}

/** A thread that is ready for its first message: to start is not the plugin's time. */
async function started() {
  const fresh = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { plugin, file: file(), rows: [...rows.values()] },
  })
  await new Promise((resolve, reject) => {
    fresh.once('message', resolve)
    fresh.once('error', reject)
  })
  return fresh
}

function keep([kind, id, row]) {
  const name = JSON.stringify([kind, id])
  if (row === null) rows.delete(name)
  else rows.set(name, [kind, id, row])
}

async function stop() {
  worker?.removeAllListeners('exit')
  await worker?.terminate()
  worker = null
  // The lock of a thread that was ended is nobody's.
  if (folder) rmSync(`${file()}.lock`, { recursive: true, force: true })
}

const work = {
  hello: () => ({ protocol: 1, host: `client-connect-host (Node, ${folder ? 'SQLite' : 'memory'})`, version: '0.1.0' }),
  load: async ({ plugin: path }) => {
    try {
      const translated = await translate(readFileSync(path))
      await stop()
      plugin = translated
      return { sha256: plugin.sha256 }
    } catch (error) {
      return { unfit: String(error?.message ?? error) }
    }
  },
  given: (message) => {
    worlds += 1
    rows = new Map()
    return tell({ ...message, file: file() })
  },
  put: tell,
  call: tell,
  state: tell,
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line)
  let answer
  try {
    answer = await work[message.do](message)
  } catch (error) {
    answer = { error: String(error?.stack ?? error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
await stop()
if (folder) rmSync(folder, { recursive: true, force: true })
