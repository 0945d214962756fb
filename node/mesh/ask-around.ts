/** Asks every member in reach at once: the person may stand at any of them. The first grant wins. */
import type { Connection } from '@libp2p/interface'
import type { RoomId } from '../../protocols/certificate.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { Role } from '../../protocols/room-facts.ts'
import { sleep } from '../platform/clock.ts'
import { type AskComponents, askMember } from './asks.ts'
import type { AskProgress } from './mesh-status.ts'

/** Members asked at once: each shows the question to its people. */
const MAX_ASKED = 8
/** How often new members are looked for, and those that were busy are asked again. */
const LOOK_INTERVAL_MS = 2_000

export interface AskAroundInit {
  name: string
  role: Role
  signal: AbortSignal
  /** Connections to members of rooms, met by a hello. */
  members(): { connection: Connection; room: RoomId }[]
  /** Makes connections to nodes that were heard of. */
  look(): void
  room: RoomId | undefined
}

/** Ends after a grant, or when the signal aborts; a refusal by one member does not end it. */
export async function* askAround(
  components: Pick<AskComponents, 'clock' | 'random' | 'host'>,
  init: AskAroundInit
): AsyncGenerator<AskProgress> {
  const stop = new AbortController()
  const signal = AbortSignal.any([init.signal, stop.signal])
  const heard: AskProgress[] = [{ step: 'looking' }]
  const asked = new Set<NodeId>()
  /** A person said no: not asked again. */
  const declined = new Set<NodeId>()
  let wake = (): void => {}

  const ask = async (connection: Connection, node: NodeId): Promise<void> => {
    try {
      for await (const progress of askMember(components, connection, { name: init.name, role: init.role, signal })) {
        if (progress.step === 'refused' && (progress.code === 'DECLINED' || progress.code === 'MALFORMED'))
          declined.add(node)
        heard.push(progress)
        wake()
      }
    } finally {
      asked.delete(node)
    }
  }

  try {
    while (true) {
      signal.throwIfAborted()
      for (const progress of heard.splice(0)) {
        yield progress
        if (progress.step === 'granted') return
      }
      init.look()
      for (const { connection, room } of init.members()) {
        const node = connection.remotePeer.toString()
        if (asked.size >= MAX_ASKED || asked.has(node) || declined.has(node)) continue
        if (init.room !== undefined && room !== init.room) continue
        asked.add(node)
        // A connection that broke is made again by the next look.
        ask(connection, node).catch(() => {})
      }
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      wake = resolve
      if (heard.length === 0) await Promise.race([woken, sleep(components.clock, LOOK_INTERVAL_MS, signal)])
    }
  } finally {
    stop.abort(new Error('the asking ended'))
  }
}
