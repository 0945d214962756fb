import type { GlanceChange } from '../../protocols/room-glance.ts'
import type { RoomOperations } from '../control/room-operations.ts'
import { followGlance } from '../http/glance-stream.ts'
import { progressStream } from './progress-stream.ts'
import type { ReadyCheck } from './ready/ready-check.ts'
import type { RoomGlances } from './room-glances.ts'
import type { RoomSlot } from './room-slot.ts'

/** A command that shows the room once waits so long for the others to say how they are. */
const GLIMPSE_MS = 1_000
/** A terminal that does not read is told everything anew rather than piling it up. */
const MAX_WAITING_CHANGES = 50

export function roomOperations(slot: RoomSlot, init: { glances: RoomGlances; check: ReadyCheck }): RoomOperations {
  const { glances, check } = init
  return {
    async glance() {
      await slot.current?.live?.glimpse(GLIMPSE_MS)
      return await glances.glance()
    },
    watch: (_options, signal) => watch(slot, glances, signal),
    ready: (_options, signal) =>
      progressStream(async (report, stop) => {
        report({ kind: 'step', phase: 'checking', doneFiles: 0, doneBytes: 0 })
        return await check.run(stop)
      }, signal)
  }
}

async function* watch(slot: RoomSlot, glances: RoomGlances, signal?: AbortSignal): AsyncGenerator<GlanceChange> {
  const live = slot.runtime.live
  if (!live) return
  const waiting: GlanceChange[] = []
  let failure: unknown
  let wake = (): void => undefined
  const stop = followGlance({
    ...{ clock: slot.device.clock, live, glance: () => glances.glance() },
    tell(change) {
      if (waiting.length >= MAX_WAITING_CHANGES) failure = new Error('nobody reads')
      else waiting.push(change)
      wake()
      return JSON.stringify(change).length
    },
    onProblem(cause) {
      failure = cause
      wake()
    }
  })
  const aborted = (): void => wake()
  signal?.addEventListener('abort', aborted)
  try {
    while (!signal?.aborted) {
      const next = waiting.shift()
      if (next) yield next
      else if (failure !== undefined) throw failure
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    signal?.removeEventListener('abort', aborted)
    stop()
  }
}
