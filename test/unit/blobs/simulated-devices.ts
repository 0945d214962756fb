/** Devices on a simulated clock and disk, linked in memory; bytes go over streams. An hour passes in a moment, and always in the same way. */
import type { BlobSource } from '../../../node/blobs/blob-source.ts'
import { BlobStore, type Blobs, type BlobsEvent, createBlobs } from '../../../node/blobs/index.ts'
import { blobLayout } from '../../../node/blobs/layout.ts'
import { createStreamSource } from '../../../node/blobs/stream-source.ts'
import type { Cid } from '../../../protocols/cid.ts'
import type { CatalogueBlob, PlacementPolicy } from '../../../protocols/content.ts'
import type { NodeId } from '../../../protocols/message-stream.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime, settle } from '../../kit/simulated-clock.ts'
import { SimulatedDisk } from '../../kit/simulated-disk.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'
import { MemoryLinks } from './room.ts'

export interface SimulatedDevice {
  id: NodeId
  blobs: Blobs
  store: BlobStore
  disk: SimulatedDisk
  links: MemoryLinks
  port: number
  events: BlobsEvent[]
  /** Requests for bytes that it made. */
  asked: { peer: NodeId; cid: Cid; start: number }[]
  /** Flips one bit of a stored blob. */
  flip(cid: Cid, bit?: number): void
}

export const DIRECTORY = '/blobs'

export class SimulatedRoom {
  readonly time = new SimulatedTime()
  readonly #devices: SimulatedDevice[] = []

  async device(
    id: NodeId,
    more: { quotaBytes?: number; source?: (source: BlobSource) => BlobSource } = {}
  ): Promise<SimulatedDevice> {
    const random = seededRandom(this.#devices.length + 1)
    const clock = new SimulatedClock(this.time)
    const disk = new SimulatedDisk({ random })
    const store = await BlobStore.open(
      { disk, index: new SimulatedKeyValueStore({ random }), clock },
      { directory: DIRECTORY, quotaBytes: more.quotaBytes ?? 2 ** 40, reserveBytes: 0 }
    )
    const links = new MemoryLinks()
    const events: BlobsEvent[] = []
    const asked: SimulatedDevice['asked'] = []
    const streams = createStreamSource({ clock })
    const noted: BlobSource = {
      fetch(link, request, signal, into) {
        asked.push({ peer: link.peer, cid: request.ref.cid, start: request.start })
        return streams.fetch(link, request, signal, into)
      },
      close: () => streams.close()
    }
    const source = more.source?.(noted) ?? noted
    const blobs = createBlobs({ store, links, clock, source }, { self: id, onEvent: (event) => events.push(event) })
    const layout = blobLayout(DIRECTORY)
    const device: SimulatedDevice = {
      id,
      blobs,
      store,
      disk,
      links,
      port: 0,
      events,
      asked,
      flip: (cid, bit = 0) => disk.flipBit(layout.fileOf(cid), bit)
    }
    this.#devices.push(device)
    return device
  }

  /** Lets time pass until it is true. Fails when it is not after `withinMs` of simulated time. */
  async until(what: () => boolean, withinMs = 60_000, stepMs = 20): Promise<void> {
    const endMs = this.time.nowMs + withinMs
    for (;;) {
      // Bytes cross a link in several turns of the event loop; the clock stands still meanwhile.
      for (let i = 0; i < 12; i++) {
        if (what()) return
        await settle()
      }
      if (this.time.nowMs >= endMs) throw new Error(`did not become true in ${withinMs} ms: ${what}`)
      await this.time.run(this.time.nowMs + stepMs)
    }
  }

  /** Lets time pass until the work has ended. */
  async done<Result>(work: Promise<Result>, withinMs = 60_000): Promise<Result> {
    let ended = false
    const end = (): void => {
      ended = true
    }
    work.then(end, end)
    await this.until(() => ended, withinMs)
    return work
  }

  async pass(ms: number, stepMs = 1000): Promise<void> {
    const endMs = this.time.nowMs + ms
    await this.until(() => this.time.nowMs >= endMs, ms + stepMs, stepMs)
  }

  async stop(): Promise<void> {
    for (const { blobs } of this.#devices) await blobs.stop()
  }
}

/** Puts blobs of these sizes, other ones for another seed. */
export async function fillSimulated(
  { store }: SimulatedDevice,
  sizes: readonly number[],
  policy: PlacementPolicy,
  seed = 1
): Promise<CatalogueBlob[]> {
  const random = seededRandom(seed)
  const blobs: CatalogueBlob[] = []
  for (const size of sizes) {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size; at += 65_536) bytes.set(random.bytes(Math.min(32, size - at)), at)
    blobs.push({ ...(await store.put(bytes)), policy, copyClass: 1 })
  }
  return blobs
}
