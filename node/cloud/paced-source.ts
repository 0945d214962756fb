/** Fetches over a narrow line in turn, facts and text first. What goes another way passes at once. */

import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { BlobSource } from '../blobs/index.ts'
import type { Clock } from '../platform/clock.ts'
import { UPLINK_LOOK_MS } from './limits.ts'
import { UplinkTurns } from './uplink-turns.ts'

type FetchArguments = Parameters<BlobSource['fetch']>

export interface PacedSourceInit {
  /** Whether this link goes over the line. */
  overUplink(link: FetchArguments[0]): boolean
  /** Nothing of the journal is outstanding on this link. */
  journalQuiet(peer: NodeId): boolean
  budgetSpent(peer: NodeId): boolean
  /** Bytes came over the line. */
  fetched(peer: NodeId, bytes: number): void
}

/** A campus has fewer devices. */
const MAX_RESTLESS_PEERS = 256

interface Waiting {
  peer: NodeId
  bytes: number
  begin(): void
  refuse(): void
}

export function paceSource(components: { clock: Clock; source: BlobSource }, init: PacedSourceInit): BlobSource {
  const { clock, source } = components
  const turns = new UplinkTurns()
  // As long as the planner's requests: it asks for a few at a time.
  const queue = new Set<Waiting>()
  /** Of peers whose journal was not at rest when it was last looked at: since when. */
  const restlessSince = new BoundedMap<NodeId, number>(MAX_RESTLESS_PEERS)
  let cancelLook: (() => void) | undefined

  function restlessFor(peer: NodeId): number | undefined {
    if (init.journalQuiet(peer)) {
      restlessSince.delete(peer)
      return undefined
    }
    const nowMs = clock.monotonicMs()
    const sinceMs = restlessSince.get(peer) ?? nowMs
    restlessSince.set(peer, sinceMs)
    return nowMs - sinceMs
  }

  function look(): void {
    for (const waiting of [...queue]) {
      const { peer, bytes } = waiting
      const restlessMs = restlessFor(peer)
      const turn = turns.next(bytes, {
        journalQuiet: restlessMs === undefined,
        restlessMs: restlessMs ?? 0,
        budgetSpent: init.budgetSpent(peer)
      })
      if (turn === 'refuse') waiting.refuse()
      else if (turn === 'begin') waiting.begin()
    }
    if (queue.size === 0 || cancelLook) return
    cancelLook = clock.after(UPLINK_LOOK_MS, () => {
      cancelLook = undefined
      look()
    })
  }

  /** @returns whether it is our turn */
  function turn(peer: NodeId, bytes: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (mayBegin: boolean): void => {
        queue.delete(waiting)
        signal.removeEventListener('abort', waiting.refuse)
        if (mayBegin) turns.began(bytes)
        resolve(mayBegin)
      }
      const waiting: Waiting = {
        ...{ peer, bytes },
        begin: () => end(true),
        refuse: () => end(false)
      }
      queue.add(waiting)
      signal.addEventListener('abort', waiting.refuse, { once: true })
      if (signal.aborted) waiting.refuse()
      else look()
    })
  }

  return {
    async fetch(link, request, signal, into) {
      if (!init.overUplink(link)) return await source.fetch(link, request, signal, into)
      const bytes = request.end - request.start
      if (!(await turn(link.peer, bytes, signal))) {
        return { kind: 'failed', failure: signal.aborted ? 'unreachable' : 'busy' }
      }
      try {
        const outcome = await source.fetch(link, request, signal, into)
        if (outcome.kind === 'bytes') init.fetched(link.peer, bytes)
        return outcome
      } finally {
        turns.ended(bytes)
        look()
      }
    },
    close() {
      cancelLook?.()
      for (const waiting of [...queue]) waiting.refuse()
      source.close()
    }
  }
}
