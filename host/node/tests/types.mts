// What the types must refuse. Whoever checks them is told if one of these would pass.

import { Host, Refused, type Calls } from 'client-connect-host'

declare const host: Host
const args = { matter: 'm', revision: 0 }
const change: Calls['access.grant']['args']['changes'][number] = { contact: 'c', portal: true, 'can-download': false, until: null, attributes: [] }
const { invited }: { invited: string[] } = host.call({ actor: { user: 'u' }, now: 0, name: 'access.grant', args: { ...args, changes: [change] } })
invited.push('c')

// @ts-expect-error nobody asks
host.call({ now: 0, name: 'access.view', args: { matter: 'm' } })
// @ts-expect-error there is no such call
host.call({ actor: 'host', now: 0, name: 'access.take', args })
// @ts-expect-error a change without the right to download
host.call({ actor: 'host', now: 0, name: 'access.grant', args: { ...args, changes: [{ contact: 'c', portal: true, until: null, attributes: [] }] } })
// @ts-expect-error whoever asks is a user or a contact
host.call({ actor: { customer: 'c' }, now: 0, name: 'portal.matters', args: {} })

try {
  host.call({ actor: 'host', now: 0, name: 'events.on-matter-deleted', args: { matter: 'm' } })
} catch (error) {
  if (error instanceof Refused && error.refusal === 'not-found') throw new Error('it is gone', { cause: error })
}
