/** Fetches what the room lacks when a person says so, or by itself where the room is set to it: one run at a time on a device, and one device for a want. */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { FoldView } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import {
  type FailedWant,
  keyOfWant,
  MAX_TOLD_FETCHES,
  type ToldFetch,
  WANT_COUNT_BYTES,
  type WantKey,
  type WantSetting,
  wantFetchEntry,
  wantSettingEntry
} from '../../protocols/want-fetching.ts'
import type { Want } from '../../protocols/wants.ts'
import { PROGRAM_VERSION } from '../config/version.ts'
import type { ProgressStep } from '../control/operations.ts'
import type { FetchWantsRequest, WantFetchingChange, WantFetchingStatus } from '../control/want-operations.ts'
import { sleep } from '../platform/clock.ts'
import {
  automaticWants,
  CLAIM_SETTLES_MS,
  Downloads,
  FetchRhythm,
  type FetchState,
  lostClaims,
  NETWORK_LOOK_MS,
  PythonIndex,
  RRepository,
  STANDARD_BUDGET_BYTES,
  type UplinkAllowance,
  UpstreamClient,
  WantFetch,
  type WantOutcome
} from '../upstream/index.ts'
import { chosenWants, knownPythons } from './chosen-wants.ts'
import { FOLDERS } from './device.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'
import type { RoomWants } from './room-wants.ts'

/** Nobody has said anything: the limit holds, and its count has this name. */
const STANDARD: WantSetting = {
  automatic: false,
  budgetBytes: STANDARD_BUDGET_BYTES,
  count: new Uint8Array(WANT_COUNT_BYTES)
}

export interface WantFetchingInit {
  wants: RoomWants
  /** For proxies. */
  environment: NodeJS.ProcessEnv
  /** Addresses of this device: what changes when a cable is plugged in. */
  networkAddresses(): readonly { address: string }[]
}

export class WantFetching {
  readonly #slot: RoomSlot
  readonly #init: WantFetchingInit
  readonly #rhythm: FetchRhythm
  readonly #stopping = new AbortController()
  #running: Promise<unknown> | undefined
  #cancel: (() => void) | undefined

  constructor(slot: RoomSlot, init: WantFetchingInit) {
    this.#slot = slot
    this.#init = init
    const { clock, random } = slot.device
    this.#rhythm = new FetchRhythm(() => random.fraction(), clock.monotonicMs())
  }

  /** Begins to look for the internet; nothing is sent while the setting is off. */
  start(): void {
    const { clock } = this.#slot.device
    this.#cancel = clock.after(NETWORK_LOOK_MS, () => {
      this.#look().then(
        () => this.#startAgain(),
        (err: unknown) => {
          this.#slot.device.log.warn({ err }, 'missing packages')
          this.#startAgain()
        }
      )
    })
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    this.#stopping.abort(new JoineryError('STOPPED', 'the device stops'))
    await this.#running?.catch(() => undefined)
  }

  async status(): Promise<WantFetchingStatus> {
    const { automatic, budgetBytes, count } = (await this.#view()).state.setting?.value ?? STANDARD
    const usedBytes = this.#slot.runtime.uplink.elsewhere(count, budgetBytes).usedBytes()
    return { automatic, isRunning: this.#running !== undefined, usedBytes, budgetBytes }
  }

  async set({ automatic, budgetBytes, again = false }: WantFetchingChange): Promise<WantFetchingStatus> {
    const { device, runtime } = this.#slot
    const before = (await this.#view()).state.setting?.value ?? STANDARD
    const setting: WantSetting = {
      automatic: automatic ?? before.automatic,
      budgetBytes: budgetBytes === undefined ? before.budgetBytes : budgetBytes,
      count: again ? device.random.bytes(WANT_COUNT_BYTES) : before.count
    }
    await runtime.journal.append([wantSettingEntry(setting)])
    this.#rhythm.again(device.clock.monotonicMs())
    return await this.status()
  }

  /**
   * @throws JoineryError `BUSY` while this device is at it, `NOT_FOUND` for a name that nobody asked for and that says no collection
   */
  async fetch(
    request: FetchWantsRequest,
    report: (step: ProgressStep) => void,
    signal: AbortSignal
  ): Promise<WantOutcome[]> {
    const all = await this.#init.wants.all()
    const chosen = chosenWants(request, { open: await this.#init.wants.list(), all })
    return await this.#run(chosen, all, { dryRun: request.dryRun, report, signal })
  }

  /** Everything that the room lacks, in the background: what comes of it stands beside each want. */
  begin(): void {
    if (this.#running !== undefined) return
    this.fetch({ names: [], dryRun: false }, () => undefined, this.#stopping.signal).catch((err: unknown) =>
      this.#slot.device.log.warn({ err }, 'missing packages')
    )
  }

  #startAgain(): void {
    if (!this.#stopping.signal.aborted) this.start()
  }

  async #look(): Promise<void> {
    const { current, device } = this.#slot
    if (!current || this.#running !== undefined) return
    const { state } = await this.#view()
    await this.#forgetLastRun(current, state)
    if (state.setting?.value.automatic !== true) return
    const network = this.#init
      .networkAddresses()
      .map(({ address }) => address)
      .sort()
      .join(' ')
    const most = this.#rhythm.due(device.clock.monotonicMs(), network)
    if (most === 0) return
    const open = await this.#init.wants.list()
    const wants = automaticWants(open, this.#seen(state)).slice(0, most)
    if (wants.length === 0) return
    const outcomes = await this.#run(wants, await this.#init.wants.all(), {
      dryRun: false,
      report: () => undefined,
      signal: this.#stopping.signal
    })
    const unreached = outcomes.filter(({ code }) => code === 'UPSTREAM_UNREACHABLE').length
    const left = outcomes.filter(({ state: how }) => how === 'failed').length
    // What failed for good is not tried again by itself; the rest later and later.
    this.#rhythm.ended(device.clock.monotonicMs(), { reached: left === 0, wants: outcomes.length - unreached })
  }

  async #run(
    wants: readonly Want[],
    all: readonly Want[],
    options: { dryRun: boolean; report(step: ProgressStep): void; signal: AbortSignal }
  ): Promise<WantOutcome[]> {
    if (this.#running !== undefined) throw new JoineryError('BUSY', 'missing packages are being fetched on this device')
    const run = this.#claimed(wants, all, options)
    this.#running = run
    try {
      return await run
    } finally {
      this.#running = undefined
    }
  }

  /** Says what it fetches, and afterwards what it could not get. */
  async #claimed(
    wants: readonly Want[],
    all: readonly Want[],
    options: { dryRun: boolean; report(step: ProgressStep): void; signal: AbortSignal }
  ): Promise<WantOutcome[]> {
    const { runtime, device } = this.#slot
    const signal = AbortSignal.any([options.signal, this.#stopping.signal])
    if (options.dryRun) return await this.#fetchAll(runtime, wants, all, { ...options, signal })
    const view = await this.#view()
    const keys = wants.slice(0, MAX_TOLD_FETCHES).map(wantKey)
    const failed = ownFailures(view.state, device.identity.node)
    await this.#tell(runtime, { fetching: keys, failed: without(failed, keys) })
    let outcomes: WantOutcome[] = []
    try {
      const hasPeers = (runtime.network?.mesh.links().length ?? 0) > 0
      if (hasPeers) await sleep(device.clock, CLAIM_SETTLES_MS, signal)
      const lost = lostClaims(this.#seen(view.state))
      const own = wants.filter((want) => !lost.has(keyOfWant(want)))
      outcomes = await this.#fetchAll(runtime, own, all, { ...options, signal })
      const others = wants.filter((want) => lost.has(keyOfWant(want)))
      return [...outcomes, ...others.map((want) => ({ want, state: 'elsewhere' as const, files: [], bytes: 0 }))]
    } finally {
      const told = outcomes.flatMap(({ want, code }) => (code === undefined ? [] : [{ ...wantKey(want), code }]))
      const done = outcomes.map(({ want }) => wantKey(want))
      await this.#tell(runtime, { fetching: [], failed: [...told, ...without(failed, done)] })
    }
  }

  async #fetchAll(
    runtime: RoomRuntime,
    wants: readonly Want[],
    all: readonly Want[],
    { dryRun, report, signal }: { dryRun: boolean; report(step: ProgressStep): void; signal: AbortSignal }
  ): Promise<WantOutcome[]> {
    const { device } = this.#slot
    const { clock, config, disk, random } = device
    const bases = { python: new URL(config.pythonIndex), r: new URL(config.rMirror) }
    const client = new UpstreamClient(
      { clock, allowance: await this.#allowance(runtime) },
      { indexes: [bases.python, bases.r], environment: this.#init.environment, version: PROGRAM_VERSION }
    )
    try {
      const downloads = new Downloads({ client, disk, clock, random }, { folder: FOLDERS.fetching(config) })
      await downloads.open()
      const run = new WantFetch(
        {
          python: new PythonIndex({ client }, { base: bases.python }),
          r: new RRepository({ client }, { base: bases.r }),
          ...{ downloads, disk, content: runtime.collections.index, blobs: runtime.blobs.reader },
          freeBytes: () => runtime.blobs.writing.freeBytes(),
          importInto: (collection, folders, stop) => importFolders(runtime, collection, folders, stop)
        },
        {
          ...{ dryRun, signal, pythons: knownPythons(all) },
          progress: ({ want, doneBytes, files }) =>
            report({ kind: 'step', phase: 'fetching', doneFiles: files, doneBytes, current: want.name })
        }
      )
      return await run.run(wants)
    } finally {
      client.close()
    }
  }

  async #allowance(runtime: RoomRuntime): Promise<UplinkAllowance> {
    const { budgetBytes, count } = (await this.#view()).state.setting?.value ?? STANDARD
    return runtime.uplink.elsewhere(count, budgetBytes)
  }

  /** This device was ended in the middle of a run: nobody is to wait for it. */
  async #forgetLastRun(runtime: RoomRuntime, state: FetchState): Promise<void> {
    const told = state.byNode.get(this.#slot.device.identity.node)?.told
    if (told && told.fetching.length > 0) await this.#tell(runtime, { fetching: [], failed: told.failed })
  }

  async #tell({ journal }: RoomRuntime, { fetching, failed }: Omit<ToldFetch, 'node'>): Promise<void> {
    await journal.append([wantFetchEntry({ node: this.#slot.device.identity.node, fetching, failed })])
  }

  #seen(state: FetchState): { state: FetchState; self: NodeId; isLinked(node: NodeId): boolean } {
    return { state, self: this.#slot.device.identity.node, isLinked: (node) => isLinked(this.#slot, node) }
  }

  /** @throws JoineryError `NO_ROOM` */
  async #view(): Promise<FoldView<FetchState>> {
    const view = await this.#init.wants.fetches()
    if (!view) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return view
  }
}

export function isLinked(slot: RoomSlot, node: NodeId): boolean {
  return slot.mesh?.links().some(({ peer }) => peer === node) ?? false
}

async function importFolders(
  { collections }: RoomRuntime,
  collection: string,
  folders: readonly string[],
  signal: AbortSignal
): Promise<{ path: string; code: string; text: string }[]> {
  const [first = '', ...others] = folders
  try {
    const { problems } = await collections.importFolder(first, { collection, others, signal })
    return problems
  } catch (error) {
    // All of it was refused, which the report would say as well.
    if (hasCode(error, 'IMPORT_NOTHING_FOUND')) return []
    throw error
  }
}

function wantKey({ collection, name, target = '' }: Want): WantKey {
  return { collection, name, target }
}

function ownFailures({ byNode }: FetchState, self: NodeId): readonly FailedWant[] {
  return byNode.get(self)?.told.failed ?? []
}

function without(failed: readonly FailedWant[], keys: readonly WantKey[]): FailedWant[] {
  const gone = new Set(keys.map(keyOfWant))
  return failed.filter((one) => !gone.has(keyOfWant(one)))
}
