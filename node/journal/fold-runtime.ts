/**
 * Keeps the views that somebody opened: loads a snapshot, reads what came since, applies what is committed, saves snapshots.
 * Entries reach a fold in any order and sometimes twice; a fold must not care (see `Fold`).
 */
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, Fold, FoldView } from '../../protocols/journal.ts'
import type { KeyValueChange } from '../platform/key-value.ts'
import type { EntryReader } from './entry-reader.ts'
import type { Arrival } from './intake.ts'
import type { JournalProblem } from './journal.ts'
import { MAX_BATCHES_WHILE_LOADING, MAX_SNAPSHOT_BYTES, SNAPSHOT_EVERY_BATCHES } from './limits.ts'
import { Listeners } from './listeners.ts'
import type { JournalStore } from './store.ts'

export interface FoldRuntimeComponents {
  store: JournalStore
  reader: EntryReader
}

export interface FoldRuntimeInit {
  onProblem(problem: JournalProblem): void
}

export class FoldRuntime {
  readonly #components: FoldRuntimeComponents
  readonly #init: FoldRuntimeInit
  readonly #views = new Map<string, View<unknown>>()

  constructor(components: FoldRuntimeComponents, init: FoldRuntimeInit) {
    this.#components = components
    this.#init = init
  }

  /** One view for each name: whoever asks again gets the same. */
  async view<State>(fold: Fold<State>): Promise<FoldView<State>> {
    let view = this.#views.get(fold.name) as View<State> | undefined
    if (!view) {
      view = new View(fold, this.#components, this.#init)
      this.#views.set(fold.name, view as View<unknown>)
      void view.load()
    } else if (view.version !== fold.version)
      throw new JoineryError('INTERNAL', `two versions of the fold ${fold.name}`)
    try {
      await view.loaded()
    } catch (error) {
      // Whoever asks again gets another try.
      if (this.#views.get(fold.name) === view) this.#views.delete(fold.name)
      throw error
    }
    return view
  }

  /** Forgets a view that nobody needs any more, such as a closed note; its snapshot is saved first. */
  async release(name: string): Promise<void> {
    const view = this.#views.get(name)
    if (!view) return
    this.#views.delete(name)
    await this.#save([view])
  }

  committed(arrivals: readonly Arrival[]): void {
    for (const view of this.#views.values()) view.committed(arrivals)
  }

  async saveDue(): Promise<void> {
    await this.#save([...this.#views.values()].filter((view) => view.unsavedBatches >= SNAPSHOT_EVERY_BATCHES))
  }

  async saveAll(): Promise<void> {
    await this.#save([...this.#views.values()].filter((view) => view.unsavedBatches > 0))
  }

  /** Folds anew what reads one of these topics, or lacked a key. */
  async foldAnew(
    concerns: (view: { reads(topic: string): boolean; seesHidden: boolean; lacksKeys: boolean }) => boolean
  ): Promise<void> {
    await Promise.all([...this.#views.values()].filter(concerns).map((view) => view.foldAnew()))
  }

  async #save(views: View<unknown>[]): Promise<void> {
    const changes = views.flatMap((view) => view.snapshotChange() ?? [])
    // Not synced: a lost snapshot costs a longer start, and it never is ahead of the batches that it was made of.
    if (changes.length > 0) await this.#components.store.write(changes, { sync: false })
  }
}

interface LastApplied {
  log: number
  number: number
  sequence: number
}

class View<State> implements FoldView<State> {
  readonly #fold: Fold<State>
  readonly #components: FoldRuntimeComponents
  readonly #init: FoldRuntimeInit
  readonly #listeners: Listeners<readonly Entry[]>
  #state: State
  #loading: Promise<void> | undefined
  #failure: unknown
  /** Commits that came while the disk was read. */
  #meanwhile: Arrival[] = []
  #missed = false
  /** The last batch that was applied, as proof that a snapshot belongs to this store. */
  #last: LastApplied | undefined
  /** All arrivals up to this one are in the state. */
  #sequence = 0
  #lacksKeys = false
  unsavedBatches = 0

  constructor(fold: Fold<State>, components: FoldRuntimeComponents, init: FoldRuntimeInit) {
    this.#fold = fold
    this.#components = components
    this.#init = init
    this.#state = fold.empty()
    this.#listeners = new Listeners((cause) =>
      init.onProblem({ code: 'INTERNAL', message: `a listener of ${fold.name} failed`, cause })
    )
  }

  get state(): State {
    return this.#state
  }

  get version(): number {
    return this.#fold.version
  }

  /** While it is read too: what was read already may have wanted the key that came since. */
  get lacksKeys(): boolean {
    return this.#lacksKeys || this.#loading !== undefined
  }

  get seesHidden(): boolean {
    return this.#fold.seesHidden === true
  }

  reads(topic: string): boolean {
    return this.#fold.reads(topic)
  }

  onChange(listener: (entries: readonly Entry[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  async loaded(): Promise<void> {
    await this.#loading
    if (this.#failure !== undefined) throw this.#failure
  }

  load(): Promise<void> {
    return this.#begin(() => this.#load(true))
  }

  /** From nothing; the listeners are told that everything may be different by an empty list. */
  async foldAnew(): Promise<void> {
    // One at a time: of two that read at once the later one would put a state in place that lacks what was committed to the other's.
    while (this.#loading !== undefined) await this.#loading
    await this.#begin(() => this.#load(false))
    this.#listeners.tell([])
  }

  #begin(work: () => Promise<void>): Promise<void> {
    const running = work().then(
      () => {
        this.#failure = undefined
      },
      (error: unknown) => {
        this.#failure = error
        this.#init.onProblem({
          code: 'JOURNAL_DAMAGED',
          message: `the fold ${this.#fold.name} cannot be read`,
          cause: error
        })
      }
    )
    this.#loading = running.finally(() => {
      this.#loading = undefined
    })
    return this.#loading
  }

  async #load(fromSnapshot: boolean): Promise<void> {
    const { store, reader } = this.#components
    let again = true
    for (let snapshot = fromSnapshot; again; snapshot = false) {
      this.#missed = false
      this.#meanwhile = []
      let state = this.#fold.empty()
      let since = 0
      this.#lacksKeys = false
      const saved = snapshot ? await this.#readSnapshot() : undefined
      if (saved) {
        state = saved.state
        since = saved.sequence
        this.#lacksKeys = saved.lacksKeys
        this.#last = saved.last
      }
      const until = store.durableSequence
      for await (const { topic, sequence } of store.topics((name) => this.#fold.reads(name))) {
        if (sequence <= since) continue
        for await (const place of store.placesOf(topic)) {
          if (place.sequence <= since) continue
          const found = await reader.batchAt(place)
          if (found)
            this.#applyBatch(state, { ...found, bytes: new Uint8Array(), repaired: false }, (name) => name === topic)
        }
      }
      this.#state = state
      this.#sequence = until
      again = this.#missed
    }
    const meanwhile = this.#meanwhile
    this.#meanwhile = []
    this.#apply(meanwhile)
  }

  committed(arrivals: readonly Arrival[]): void {
    if (!this.#loading) {
      const entries = this.#apply(arrivals)
      if (entries.length > 0) this.#listeners.tell(entries)
      return
    }
    if (this.#meanwhile.length + arrivals.length > MAX_BATCHES_WHILE_LOADING) {
      this.#missed = true
      this.#meanwhile = []
    } else if (!this.#missed) this.#meanwhile.push(...arrivals)
  }

  #apply(arrivals: readonly Arrival[]): Entry[] {
    const applied: Entry[] = []
    for (const arrival of arrivals) {
      applied.push(...this.#applyBatch(this.#state, arrival, (topic) => this.#fold.reads(topic)))
      this.#sequence = Math.max(this.#sequence, arrival.sequence)
    }
    return applied
  }

  #applyBatch(state: State, arrival: Arrival, reads: (topic: string) => boolean): Entry[] {
    const { store, reader } = this.#components
    const { log, batch, sequence } = arrival
    if (!this.seesHidden && store.table.isHidden(log, batch.header.number)) return []
    const { entries, closed } = reader.entriesOf(log, batch, reads)
    if (entries.length === 0) return entries
    if (closed) this.#lacksKeys = true
    for (const entry of entries) {
      try {
        this.#fold.apply(state, entry)
      } catch (cause) {
        // One entry that a fold cannot bear must not keep the room from starting.
        this.#init.onProblem({
          code: 'INTERNAL',
          message: `the fold ${this.#fold.name} failed on ${entry.kind}`,
          cause
        })
      }
    }
    this.unsavedBatches++
    this.#last = { log: log.index, number: batch.header.number, sequence }
    return entries
  }

  snapshotChange(): KeyValueChange | undefined {
    const last = this.#last
    if (this.#loading || this.#failure !== undefined || !last) return undefined
    const { foldEpoch, sealEpoch } = this.#components.store.meta
    const bytes = encodeCbor([
      this.#fold.version,
      foldEpoch,
      this.#lacksKeys ? sealEpoch : null,
      this.#sequence,
      [last.log, last.number, last.sequence],
      // As bytes, so that a state may nest as deep as any body.
      encodeCbor(this.#fold.save(this.#state))
    ])
    this.unsavedBatches = 0
    return this.#components.store.snapshotChange(this.#fold.name, bytes.length > MAX_SNAPSHOT_BYTES ? undefined : bytes)
  }

  async #readSnapshot(): Promise<
    { state: State; sequence: number; lacksKeys: boolean; last: LastApplied } | undefined
  > {
    const { store } = this.#components
    const bytes = await store.snapshot(this.#fold.name)
    if (!bytes) return undefined
    try {
      const value = decodeCbor(bytes, MAX_SNAPSHOT_BYTES) as CborValue[]
      const [version, foldEpoch, sealEpoch, sequence, place, saved] = value
      if (version !== this.#fold.version || foldEpoch !== store.meta.foldEpoch) return undefined
      if (sealEpoch !== null && sealEpoch !== store.meta.sealEpoch) return undefined
      const [log, number, lastSequence] = place as [number, number, number]
      const last = { log, number, sequence: lastSequence }
      // A store that lost records reuses arrival numbers: then the batch is not there, or came again with another one.
      if ((await store.read(log, number))?.sequence !== lastSequence || (sequence as number) > store.durableSequence)
        return undefined
      return {
        state: this.#fold.load(decodeCbor(saved as Uint8Array, MAX_SNAPSHOT_BYTES)),
        sequence: sequence as number,
        lacksKeys: sealEpoch !== null,
        last
      }
    } catch (cause) {
      this.#init.onProblem({
        code: 'JOURNAL_DAMAGED',
        message: `the snapshot of ${this.#fold.name} is not readable`,
        cause
      })
      return undefined
    }
  }
}
