/**
 * Looks through an update before Yjs applies it: `applyUpdate` allocates by the counts that an update claims and applies a part before it
 * notices that the rest is broken.
 */
import * as Y from 'yjs'
import { JoineryError } from '../../protocols/errors.ts'
import { MAX_UPDATE_ITEMS } from './limits.ts'

export interface UpdateScan {
  /** New text by clientID: clocks `from` ≤ c < `to`. */
  clients: ReadonlyMap<number, { from: number; to: number }>
  items: number
  /** It deletes something. */
  deletes: boolean
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function scanUpdate(update: Uint8Array): UpdateScan {
  let decoded: ReturnType<typeof Y.decodeUpdate>
  try {
    decoded = Y.decodeUpdate(update)
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'not an update of Yjs', { cause })
  }
  const clients = new Map<number, { from: number; to: number }>()
  let items = 0
  for (const item of decoded.structs) {
    if (++items > MAX_UPDATE_ITEMS) throw new JoineryError('TOO_LARGE', 'too many changes in one update')
    if (item instanceof Y.Skip) continue
    const { client, clock } = item.id
    const to = clock + item.length
    if (!Number.isSafeInteger(to)) throw new JoineryError('MALFORMED', 'a clock of an update is out of range')
    const known = clients.get(client)
    if (!known) clients.set(client, { from: clock, to })
    else if (to > known.to) known.to = to
  }
  return { clients, items, deletes: decoded.ds.clients.size > 0 }
}

/** The update without what these clients wrote; deletions stay. */
export function withoutClients(update: Uint8Array, clients: Iterable<number>): Uint8Array {
  const beyond = new Map<number, number>()
  for (const client of clients) beyond.set(client, Number.MAX_SAFE_INTEGER)
  return Y.diffUpdate(update, Y.encodeStateVector(beyond))
}

/** @throws JoineryError `MALFORMED` */
export function checkVector(vector: Uint8Array): void {
  try {
    Y.decodeStateVector(vector)
  } catch (cause) {
    throw new JoineryError('MALFORMED', 'not a state vector', { cause })
  }
}
