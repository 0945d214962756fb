/**
 * One device of the simulated room: its disk outlives it, everything else is made anew at each start, from the real code of the journal
 * and the blobs. It can be killed, lose its power, stop cleanly, and believe in any year.
 */
import type { BlobSource } from '../../node/blobs/blob-source.ts'
import { BlobStore, type Blobs, createBlobs, type PlacementNode } from '../../node/blobs/index.ts'
import { createStreamSource } from '../../node/blobs/stream-source.ts'
import { createJournal, createJournalSync, type Journal, type JournalSync } from '../../node/journal/index.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { type Cid, cidOfDigest, parseCid } from '../../protocols/cid.ts'
import type { BlobCatalogue, CatalogueBlob } from '../../protocols/content.ts'
import type { Entry, Fold, FoldView } from '../../protocols/journal.ts'
import type { NodeId, PeerLinks } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import { profileOf } from '../kit/peer-profile.ts'
import type { SeededRandom } from '../kit/seeded-random.ts'
import { SimulatedClock, type SimulatedTime, settle } from '../kit/simulated-clock.ts'
import { SimulatedDisk } from '../kit/simulated-disk.ts'
import { SimulatedKeyValueStore } from '../kit/simulated-key-value.ts'
import type { SimulatedNetwork } from '../kit/simulated-network.ts'
import { cheapSigning } from './cheap-signing.ts'
import type { Facts } from './facts-fold.ts'
import { factsMerger, factsRegisters, KINDS, TOPIC } from './facts-fold.ts'

export interface DeviceComponents {
  time: SimulatedTime
  network: SimulatedNetwork
  random: SeededRandom
}

export interface DeviceInit {
  name: string
  capacityBytes: number
  /** Of its card, in ms: how long a write or a sync takes at most. */
  diskLatencyMs: number
  /** Old facts are merged. */
  merges: boolean
  /** See `SimulatedClock`. */
  watchTimers: boolean
  fold: Fold<Facts>
  /** All devices of the room, for placement. */
  members: () => readonly PlacementNode[]
  /** Comes between the device and the network: a liar changes what it says. */
  tamper?: (links: PeerLinks) => PeerLinks
  /** Comes between the journal and its exchange: for showing that a broken one is noticed. */
  tamperJournal?: (journal: Journal) => Journal
  onDurable(entries: readonly Entry[]): void
  /** An answer with bytes of a blob came, verified or not. */
  onFetched(cid: string, start: number): void
  onProblem(text: string): void
}

/** What runs between a start and an end. */
interface Life {
  clock: SimulatedClock
  journal: Journal
  sync: JournalSync
  blobs: Blobs
  facts: FoldView<Facts>
}

export class SimulatedDevice {
  readonly id: NodeId
  readonly name: string
  readonly disk: SimulatedDisk
  readonly journalStore: SimulatedKeyValueStore
  readonly blobIndex: SimulatedKeyValueStore
  readonly #components: DeviceComponents
  readonly #init: DeviceInit
  #clock: SimulatedClock | undefined
  #life: Life | undefined
  starts = 0

  constructor(components: DeviceComponents, init: DeviceInit) {
    this.#components = components
    this.#init = init
    this.name = init.name
    this.id = nodeIdOfPublicKey(sha256(Buffer.from(init.name)))
    const random = components.random
    this.disk = new SimulatedDisk({ random: random.fork() }, { latencyMs: init.diskLatencyMs })
    this.journalStore = new SimulatedKeyValueStore({ random: random.fork() }, { latencyMs: init.diskLatencyMs })
    this.blobIndex = new SimulatedKeyValueStore({ random: random.fork() }, { latencyMs: init.diskLatencyMs })
  }

  /** Switched on, perhaps still starting. */
  get isOn(): boolean {
    return this.#clock !== undefined
  }

  /** Undefined while it is off or starting. */
  get life(): Life | undefined {
    return this.#life
  }

  /** @param wallMs what it believes the time is; boards without a battery start in 1970 */
  async start(wallMs: number): Promise<void> {
    if (this.#clock) throw new Error(`${this.name} is on already`)
    const { time, network, random } = this.#components
    const clock = new SimulatedClock(time, { wallMs, watchTimers: this.#init.watchTimers })
    this.#clock = clock
    this.starts++
    this.disk.killProcess(clock)
    this.journalStore.reopen(clock)
    this.blobIndex.reopen(clock)
    const { onDurable, onProblem, onFetched, fold, tamper, tamperJournal } = this.#init
    const own = random.fork()
    const real = await createJournal(
      {
        store: this.journalStore,
        clock,
        random: own,
        authority: { check: readCertificate },
        certify: (writerKey) => encodeCbor([writerKey, this.id]),
        seal: { seal: (plain) => plain, open: (sealed) => sealed },
        signing: cheapSigning,
        ...(this.#init.merges ? { merger: factsMerger, registers: factsRegisters } : {})
      },
      {
        node: this.id,
        understood: KINDS,
        onProblem: ({ code, message, cause }) =>
          onProblem(`${this.name}: ${code}: ${message} ${cause instanceof Error ? cause.stack : ''}`)
      }
    )
    const journal = tamperJournal ? tamperJournal(real) : real
    journal.onCommitted(onDurable)
    // What an earlier life wrote and was killed before it could tell.
    for await (const entry of journal.entriesOf(TOPIC)) onDurable([entry])
    const facts = await journal.view(fold)
    const store = await BlobStore.open(
      { disk: this.disk, index: this.blobIndex, clock },
      { directory: '/blobs', quotaBytes: 2 ** 40, reserveBytes: 0 }
    )
    const joined = network.join(this.id, clock, profileOf(this.name, { capacityBytes: this.#init.capacityBytes }))
    const links = tamper ? tamper(joined) : joined
    const sync = createJournalSync({ journal, links, clock, random: own })
    sync.start()
    const source = counted(createStreamSource({ clock }), onFetched)
    const blobs = createBlobs({ store, links, clock, source }, { self: this.id })
    const members = { members: this.#init.members, onChange: () => () => {} }
    blobs.follow(catalogueOf(facts), members)
    this.#life = { clock, journal, sync, blobs, facts }
  }

  /** The plug is pulled: what was not synced is lost in part. */
  losePower(): void {
    this.#end()
    this.disk.cutPower()
    this.journalStore.cutPower()
    this.blobIndex.cutPower()
  }

  /** SIGKILL: the kernel still writes what it was given. */
  kill(): void {
    this.#end()
    this.disk.killProcess()
    this.journalStore.killProcess()
    this.blobIndex.killProcess()
  }

  /** As `joinery stop` does. Resolves with the timers that were forgotten: where each was made, when that is watched. */
  async stop(): Promise<string[]> {
    const life = this.#life
    if (!life) throw new Error(`${this.name} is not running`)
    this.#life = undefined
    life.sync.stop()
    await life.blobs.stop()
    await life.journal.close()
    this.#components.network.stop(this.id)
    await settle()
    const forgotten = life.clock.timers
    this.#end()
    return forgotten
  }

  jumpClock(byMs: number): void {
    this.#clock?.jump(byMs)
  }

  #end(): void {
    this.#components.network.leave(this.id)
    this.#clock?.kill()
    this.#clock = undefined
    this.#life = undefined
  }
}

function counted(source: BlobSource, onFetched: DeviceInit['onFetched']): BlobSource {
  return {
    async fetch(link, request, signal, into) {
      const outcome = await source.fetch(link, request, signal, into)
      if (outcome.kind === 'bytes') onFetched(request.ref.cid, request.start)
      return outcome
    },
    close: () => source.close()
  }
}

function readCertificate(certificate: Uint8Array): { writer: string; node: NodeId } {
  const [writer, node] = decodeCbor(certificate, 1000) as [Uint8Array, string]
  return { writer: Buffer.from(writer).toString('hex'), node }
}

/** Shards by the blob's own name, each named by the hash of what is in it, as manifests are. */
function catalogueOf(facts: FoldView<Facts>): BlobCatalogue {
  return {
    shards: () => {
      const byFirst = new Map<string, CatalogueBlob[]>()
      for (const blob of [...facts.state.blobs.values()].sort((a, b) => (a.cid < b.cid ? -1 : 1))) {
        const shard = blob.cid.slice(0, 9)
        const list = byFirst.get(shard) ?? []
        byFirst.set(shard, list)
        list.push({
          cid: parseCid(blob.cid),
          sizeBytes: blob.sizeBytes,
          ...(blob.pieces ? { pieces: parseCid(blob.pieces) } : {}),
          policy: blob.policy,
          copyClass: blob.sizeBytes > 100_000 ? 2 : 0
        })
      }
      return [...byFirst.values()].map((blobs) => ({ shard: shardName(blobs), blobs }))
    },
    onChange: (listener) => facts.onChange(() => listener())
  }
}

function shardName(blobs: readonly CatalogueBlob[]): Cid {
  return cidOfDigest(sha256(Buffer.from(blobs.map(({ cid, policy }) => cid + JSON.stringify(policy)).join(' '))))
}
