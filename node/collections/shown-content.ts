import { base32, type Cid } from '../../protocols/cid.ts'
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { FoldView } from '../../protocols/journal.ts'
import type { Clock } from '../platform/clock.ts'
import { sha256 } from '../platform/hash.ts'
import type { CollectionsState, KnownHead } from './collection-fold.ts'
import { ancestors, type Heads, openHeads, shownManifests } from './heads.ts'
import { FIRST_RETRY_MS, KEPT_REVISIONS, KNOWN_WITHIN_MS, LONGEST_RETRY_MS, LOOK_BACK_REVISIONS } from './limits.ts'
import type { LoadedManifest } from './loaded-manifest.ts'
import type { ManifestLibrary } from './manifest-library.ts'

export interface ShownContentComponents {
  facts: FoldView<CollectionsState>
  library: ManifestLibrary
  clock: Clock
  /** Absent: nobody ever leaves. */
  devices?: { isOtherLeaving?(): boolean; onChange(listener: () => void): () => void }
}

/** A manifest that is being fetched. */
interface Fetch {
  head: KnownHead
  /** An earlier revision: nice to have. */
  optional: boolean
  lastError?: unknown
  /** Nothing will help: the bytes are no manifest. */
  hopeless: boolean
  retryMs: number
  cancelRetry?: () => void
  running: boolean
  /** Nobody wants it any more. */
  abort: AbortController
}

/**
 * Follows the heads: fetches the manifests of open ones until they are here, and tells which manifests make up each collection meanwhile.
 * What is shown only moves from one complete revision to another.
 */
export class ShownContent {
  readonly #facts: FoldView<CollectionsState>
  readonly #library: ManifestLibrary
  readonly #clock: Clock
  readonly #shown = new Map<string, readonly LoadedManifest[]>()
  readonly #fetches = new Map<Cid, Fetch>()
  readonly #listeners = new Set<(collection: string) => void>()
  readonly #settledWaiters = new Set<() => void>()
  readonly #stop = new AbortController()
  readonly #stops: (() => void)[] = []
  #isOtherLeaving = false

  constructor({ facts, library, clock, devices }: ShownContentComponents) {
    this.#facts = facts
    this.#library = library
    this.#clock = clock
    this.#stops.push(
      facts.onChange((entries) => {
        // An empty list says that everything may be different: a device was removed, its later heads with it.
        if (entries.length === 0 || entries.some((entry) => entry.kind === 'head')) this.refresh()
      })
    )
    const lookAtDevices = (): void => {
      const before = this.#isOtherLeaving
      this.#isOtherLeaving = devices?.isOtherLeaving?.() ?? false
      if (this.#isOtherLeaving !== before) this.refresh()
    }
    if (devices) this.#stops.push(devices.onChange(lookAtDevices))
    lookAtDevices()
    this.refresh()
  }

  heads(collection: string): Heads {
    return this.#facts.state.heads.get(collection) ?? new Map()
  }

  collections(): string[] {
    return [...this.#shown.keys()].sort()
  }

  manifests(collection: string): readonly LoadedManifest[] {
    return this.#shown.get(collection) ?? []
  }

  /** Revisions before the shown ones whose lists are in memory. */
  earlier(collection: string): LoadedManifest[] {
    return this.#earlierHeads(collection).flatMap(({ fact }) => this.#library.get(fact.manifest.cid) ?? [])
  }

  revision(collection: string): string {
    const manifests = this.manifests(collection)
    if (manifests.length <= 1) return manifests[0]?.ref.cid ?? ''
    return base32(sha256(new TextEncoder().encode(manifests.map(({ ref }) => ref.cid).join())))
  }

  onChange(listener: (collection: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  pending(): { collection: string; revision: Cid; lastError?: unknown }[] {
    const needed = [...this.#fetches.values()].filter((fetch) => !fetch.optional)
    return needed.map(({ head, lastError }) => ({
      collection: head.fact.collection,
      revision: head.fact.manifest.cid,
      lastError
    }))
  }

  /** Resolves once nothing that could be fetched is outstanding. */
  async settled(signal?: AbortSignal): Promise<void> {
    while (!this.#isSettled()) {
      signal?.throwIfAborted()
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal?.removeEventListener('abort', done)
          this.#settledWaiters.delete(done)
          resolve()
        }
        this.#settledWaiters.add(done)
        signal?.addEventListener('abort', done, { once: true })
      })
    }
  }

  retry(): void {
    for (const fetch of this.#fetches.values()) {
      fetch.retryMs = FIRST_RETRY_MS
      this.#start(fetch)
    }
  }

  /** Looks at the heads again. */
  refresh(): void {
    if (this.#stop.signal.aborted) return
    const wanted = new Set<Cid>()
    for (const collection of this.#facts.state.heads.keys()) {
      // First, since which revisions are earlier ones depends on what is shown: a list that has just come would bring none of them otherwise.
      this.#show(collection)
      for (const { head, optional } of this.#wantedHeads(collection)) {
        wanted.add(head.fact.manifest.cid)
        if (!this.#library.get(head.fact.manifest.cid)) this.#want(head, optional)
      }
    }
    for (const [cid, fetch] of this.#fetches) if (!wanted.has(cid)) this.#drop(cid, fetch)
    for (const collection of this.#shown.keys()) if (this.heads(collection).size === 0) this.#show(collection)
    this.#forget()
    this.#tellWaiters()
  }

  /**
   * Resolves once a revision is among the heads: what is written next has to take it in.
   *
   * @throws JoineryError `TIMED_OUT` or `STOPPED`; the revision is saved all the same
   */
  async known(collection: string, revision: Cid): Promise<void> {
    if (this.heads(collection).has(revision)) return
    const { signal } = this.#stop
    await new Promise<void>((resolve, reject) => {
      const settle = (how: () => void): void => {
        cancel()
        stopFollowing()
        signal.removeEventListener('abort', stopped)
        how()
      }
      const stopped = (): void => settle(() => reject(new JoineryError('STOPPED', 'this device is stopping')))
      const cancel = this.#clock.after(KNOWN_WITHIN_MS, () => {
        const text = `a new version of ${collection} is saved, but is not shown yet`
        settle(() => reject(new JoineryError('TIMED_OUT', text)))
      })
      const stopFollowing = this.#facts.onChange(() => {
        if (this.heads(collection).has(revision)) settle(resolve)
      })
      signal.addEventListener('abort', stopped, { once: true })
      if (signal.aborted) stopped()
    })
    this.refresh()
  }

  stop(): void {
    this.#stop.abort()
    for (const stop of this.#stops) stop()
    for (const [cid, fetch] of this.#fetches) this.#drop(cid, fetch)
    this.#tellWaiters()
  }

  /** Open heads; where one is not loaded, what came before it as far as that lies here; and a few earlier revisions. */
  #wantedHeads(collection: string): { head: KnownHead; optional: boolean }[] {
    const heads = this.heads(collection)
    const open = openHeads(heads, (cid) => this.#library.get(cid))
    const lacking = open.filter((head) => !this.#library.get(head.fact.manifest.cid))
    const lookBack = ancestors(heads, lacking, LOOK_BACK_REVISIONS).filter(({ fact }) => this.#library.isHere(fact))
    const nearest = lookBack.slice(0, Math.max(1, lacking.length))
    // Whoever is about to leave waits until its earlier versions are elsewhere; without their lists nobody would know what to take.
    const isWanted = ({ fact }: KnownHead): boolean => this.#isOtherLeaving || this.#library.isHere(fact)
    const earlier = lacking.length === 0 ? this.#earlierHeads(collection).filter(isWanted) : []
    return [
      ...open.map((head) => ({ head, optional: false })),
      ...[...nearest, ...earlier].map((head) => ({ head, optional: true }))
    ]
  }

  #earlierHeads(collection: string): KnownHead[] {
    const heads = this.heads(collection)
    const shown = this.manifests(collection).flatMap(({ ref }) => heads.get(ref.cid) ?? [])
    return ancestors(heads, shown, KEPT_REVISIONS)
  }

  #show(collection: string): void {
    const heads = this.heads(collection)
    const before = this.manifests(collection)
    let manifests: readonly LoadedManifest[] = shownManifests(heads, (cid) => this.#library.get(cid))
    // Nothing loaded is no reason to hide what was shown, unless it counts no more.
    if (manifests.length === 0) manifests = before.filter(({ ref }) => heads.has(ref.cid))
    if (manifests.length === before.length && manifests.every((one, i) => one === before[i])) return
    if (manifests.length === 0) this.#shown.delete(collection)
    else this.#shown.set(collection, manifests)
    this.#tell(collection)
  }

  #tell(collection: string): void {
    for (const listener of [...this.#listeners]) listener(collection)
  }

  #forget(): void {
    const used = new Set<Cid>()
    for (const [collection, manifests] of this.#shown) {
      for (const { ref } of manifests) used.add(ref.cid)
      for (const { fact } of this.#earlierHeads(collection)) used.add(fact.manifest.cid)
    }
    this.#library.keepOnly(used)
  }

  #want(head: KnownHead, optional: boolean): void {
    const { cid } = head.fact.manifest
    if (this.#fetches.has(cid)) return
    const fetch: Fetch = {
      head,
      optional,
      hopeless: false,
      retryMs: FIRST_RETRY_MS,
      running: false,
      abort: new AbortController()
    }
    this.#fetches.set(cid, fetch)
    this.#start(fetch)
  }

  #drop(cid: Cid, fetch: Fetch): void {
    fetch.cancelRetry?.()
    fetch.abort.abort(new JoineryError('CLOSED', 'not needed any more'))
    this.#fetches.delete(cid)
  }

  #start(fetch: Fetch): void {
    if (fetch.running || fetch.hopeless || fetch.abort.signal.aborted) return
    fetch.cancelRetry?.()
    fetch.running = true
    void this.#library
      .load(fetch.head.fact, fetch.abort.signal)
      .then(
        () => {
          const { cid } = fetch.head.fact.manifest
          if (this.#fetches.get(cid) === fetch) this.#fetches.delete(cid)
        },
        (error: unknown) => this.#failed(fetch, error)
      )
      .then(() => {
        fetch.running = false
        this.refresh()
        // What is shown is the same; what there is to hold is more.
        const { collection, manifest } = fetch.head.fact
        if (fetch.optional && this.#library.get(manifest.cid)) this.#tell(collection)
      })
  }

  #failed(fetch: Fetch, error: unknown): void {
    fetch.lastError = error
    fetch.hopeless = hasCode(error, 'MANIFEST_WRONG')
    if (fetch.hopeless || fetch.abort.signal.aborted) return
    fetch.cancelRetry = this.#clock.after(fetch.retryMs, () => this.#start(fetch))
    fetch.retryMs = Math.min(2 * fetch.retryMs, LONGEST_RETRY_MS)
  }

  #isSettled(): boolean {
    return this.#stop.signal.aborted || [...this.#fetches.values()].every(isDone)
  }

  #tellWaiters(): void {
    if (this.#isSettled()) for (const waiter of [...this.#settledWaiters]) waiter()
  }
}

function isDone({ optional, hopeless, lastError }: Fetch): boolean {
  return hopeless || (optional && lastError !== undefined)
}
