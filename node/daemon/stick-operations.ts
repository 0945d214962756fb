/** Sticks for learners, from the device's side: what belongs on one, and the bytes. The command writes them, with its person's rights. */
import { join } from 'node:path'
import { digestOfCid } from '../../protocols/cid.ts'
import { LANGUAGES } from '../../web-client/languages.ts'
import { PROGRAM_VERSION } from '../config/version.ts'
import type { Operations } from '../control/operations.ts'
import { createOfflineViews } from '../mirrors/index.ts'
import { sleep } from '../platform/clock.ts'
import { readSmallFile } from '../platform/durable-file.ts'
import type { StickContent } from '../sticks/index.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

const STYLE_FILE = join(import.meta.dirname, '../../web-client/assets/style.css')
const MAX_STYLE_BYTES = 256 * 1024
/** A list of a hundred thousand files must not keep a class waiting: others get a turn so often. */
const ITEMS_A_TURN = 200

export function stickOperations(
  slot: RoomSlot,
  loaded: () => Promise<unknown>
): Pick<Operations, 'stickItems' | 'stickBytes'> {
  const { clock, disk } = slot.device
  let made: { of: RoomRuntime; content: StickContent } | undefined
  const content = async (): Promise<StickContent> => {
    const { runtime } = slot
    if (made?.of !== runtime) {
      const style = Buffer.from((await readSmallFile(disk, STYLE_FILE, MAX_STYLE_BYTES)) ?? []).toString()
      made = { of: runtime, content: await contentOf(runtime, style) }
    }
    return made.content
  }
  return {
    async *stickItems({ system }, signal) {
      await loaded()
      let items = 0
      for (const item of (await content()).items(system)) {
        if (++items % ITEMS_A_TURN === 0) await sleep(clock, 0, signal)
        yield item
      }
    },
    async *stickBytes(request, signal) {
      yield* (await content()).bytes(request, signal)
    }
  }
}

/** The parts are loaded when somebody makes sticks, which few devices ever do. */
async function contentOf(runtime: RoomRuntime, style: string): Promise<StickContent> {
  const { StickContent } = await import('../sticks/index.ts')
  const { renderStickStart, startPageName } = await import('../../web-client/sticks/start-page.ts')
  const { index } = runtime.collections
  const blobs = runtime.blobs.reader
  return new StickContent(
    {
      index,
      blobs,
      views: createOfflineViews({ index, blobs }),
      sha256Of: (file) => Buffer.from(digestOfCid(file.cid)).toString('hex'),
      startPages: (start) =>
        new Map(LANGUAGES.map((language) => [startPageName(language), renderStickStart(start, language, style)]))
    },
    { room: () => runtime.membership.view().roomName ?? runtime.room.name, version: PROGRAM_VERSION }
  )
}
