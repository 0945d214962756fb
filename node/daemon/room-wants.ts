/**
 * What the whole room lacks: what this device was asked for, and what the others told. A device tells seldom, and only what is new, since what it wrote before
 * shrinks but its header stays.
 */
import type { CborValue } from '../../protocols/cbor.ts'
import type { ContentIndex } from '../../protocols/content.ts'
import { compareStamps, type Fold, type FoldView, type JournalAccess, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import type { WantedOverview } from '../../protocols/room-overview.ts'
import { decodeToldWants, MAX_TOLD_WANTS, WANTS_KIND, WANTS_TOPIC, wantsEntry } from '../../protocols/want-facts.ts'
import { keyOfWant } from '../../protocols/want-fetching.ts'
import { byDemand, type Want } from '../../protocols/wants.ts'
import type { Clock } from '../platform/clock.ts'
import { type FetchState, failures, fetchedElsewhere, fetchFold, isInRoom } from '../upstream/index.ts'
import type { Wants } from './wants.ts'

/** Nobody fetches a package within minutes; an hour of a busy class makes a dozen entries. */
export const TELL_INTERVAL_MS = 5 * 60_000
/** A pip asks for several names at once. */
const FIRST_TELL_MS = 5_000

interface ToldState {
  byNode: Map<NodeId, { stamp: Stamp; wants: readonly Want[] }>
}

export const wantsFold: Fold<ToldState> = {
  name: 'wants',
  version: 1,
  reads: (topic) => topic === WANTS_TOPIC,
  empty: () => ({ byNode: new Map() }),
  apply({ byNode }, { kind, node, body, lamport, writer, number, index }) {
    const told = kind === WANTS_KIND ? decodeToldWants(body) : undefined
    // Each device tells of itself only.
    if (told?.node !== node) return
    const stamp = { lamport, writer, number, index }
    const known = byNode.get(node)
    if (!known || compareStamps(known.stamp, stamp) < 0) byNode.set(node, { stamp, wants: told.wants })
  },
  save({ byNode }): CborValue {
    return [...byNode].map(([node, { stamp, wants }]) => [
      wantsEntry({ node, wants }).body,
      [stamp.lamport, stamp.writer, stamp.number, stamp.index]
    ])
  },
  load(saved) {
    const byNode: ToldState['byNode'] = new Map()
    for (const one of saved as [CborValue, [number, string, number, number]][]) {
      const told = decodeToldWants(one[0])
      const [lamport, writer, number, index] = one[1]
      if (told) byNode.set(told.node, { stamp: { lamport, writer, number, index }, wants: told.wants })
    }
    return { byNode }
  }
}

/** The room that the device is in just now. */
export interface ToldRoom {
  journal: JournalAccess
  /** Absent: nothing is known of what is there. */
  collections?: { index: ContentIndex }
}

export interface RoomWantsComponents {
  clock: Clock
  own: Wants
  current(): ToldRoom | undefined
  /** Absent: there are no others. */
  isLinked?(node: NodeId): boolean
  onProblem(error: unknown): void
}

export class RoomWants {
  readonly #components: RoomWantsComponents
  readonly #self: NodeId
  #view: { of: ToldRoom; told: Promise<FoldView<ToldState>>; fetches: Promise<FoldView<FetchState>> } | undefined
  #here: { of: ToldRoom; revision: string; wants: Map<string, boolean> } | undefined
  #told = ''
  #cancel: (() => void) | undefined
  #stopped = false
  #wroteMs: number | undefined

  constructor(components: RoomWantsComponents, init: { self: NodeId }) {
    this.#components = components
    this.#self = init.self
  }

  start(): void {
    this.#components.own.onAdd(() => this.#tellSoon())
    // What was asked for before the device was started again.
    this.#tellSoon()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** Of all devices, what the room still lacks; what most laptops asked for first. */
  async list(): Promise<Want[]> {
    const { current, isLinked = () => false } = this.#components
    const room = current()
    const open = (await this.all()).filter((want) => !room || !this.#isHere(room, want))
    const fetches = await this.fetches()
    if (!room || !fetches) return open
    const failed = failures(fetches.state)
    const elsewhere = fetchedElsewhere({ state: fetches.state, self: this.#self, isLinked })
    const own = new Set(fetches.state.byNode.get(this.#self)?.told.fetching.map(keyOfWant))
    return open.map((want) => {
      const key = keyOfWant(want)
      const fetching = own.has(key) ? this.#self : elsewhere.get(key)
      const problem = failed.get(key)
      return { ...want, ...(problem !== undefined && { problem }), ...(fetching !== undefined && { fetching }) }
    })
  }

  /** Also what is here by now. */
  async all(): Promise<Want[]> {
    const merged = new Map<string, Want>()
    const own = this.#components.own.list()
    const view = await this.#folded()
    const others = [...(view?.state.byNode ?? [])].filter(([node]) => node !== this.#self)
    for (const want of [...own, ...others.flatMap(([, { wants }]) => wants)]) {
      const key = keyOfWant(want)
      const known = merged.get(key)
      merged.set(key, known ? both(known, want) : want)
    }
    return [...merged.values()].sort(byDemand)
  }

  /** What the room says of fetching them. */
  async fetches(): Promise<FoldView<FetchState> | undefined> {
    return await this.#views()?.fetches
  }

  /** A page asks each second, and there may be a thousand. */
  #isHere(room: ToldRoom, want: Want): boolean {
    const index = room.collections?.index
    if (!index) return false
    const revision = `${index.revision('pypi')} ${index.revision('cran')}`
    if (this.#here?.of !== room || this.#here.revision !== revision)
      this.#here = { of: room, revision, wants: new Map() }
    const key = keyOfWant(want)
    const known = this.#here.wants.get(key)
    if (known !== undefined) return known
    const isHere = isInRoom(index, want)
    this.#here.wants.set(key, isHere)
    return isHere
  }

  async overview(most: number): Promise<WantedOverview[]> {
    return (await this.list()).slice(0, most).map(({ collection, name, target, count, problem, fetching }) => ({
      ...{ collection, name, count },
      ...(target === undefined ? {} : { target }),
      ...(problem === undefined ? {} : { problem }),
      ...(fetching === undefined ? {} : { fetching: true })
    }))
  }

  /** Writes what this device was asked for, if that is another list than the last time. @returns whether it did */
  async tell(): Promise<boolean> {
    const room = this.#components.current()
    if (!room) return false
    const view = await this.#folded()
    const lacked = this.#components.own.list().filter((want) => !this.#isHere(room, want))
    const wants = lacked.slice(0, MAX_TOLD_WANTS)
    // Nothing is said of nothing, unless there was something before.
    if (wants.length === 0 && !view?.state.byNode.get(this.#self)?.wants.length) return false
    // Counts grow with each try; only a new name, target or laptop is news.
    const news = (list: readonly Want[]): string =>
      JSON.stringify(
        list.map((want) => JSON.stringify([want.collection, want.name, want.target, want.learners])).sort()
      )
    this.#told ||= news(view?.state.byNode.get(this.#self)?.wants ?? [])
    const now = news(wants)
    if (now === this.#told) return false
    await room.journal.append([wantsEntry({ node: this.#self, wants })])
    this.#told = now
    return true
  }

  /** Soon after the first want, and then seldom; nothing is planned while nobody asks for anything. */
  #tellSoon(): void {
    const { clock } = this.#components
    if (this.#stopped || this.#cancel) return
    const restMs = this.#wroteMs === undefined ? 0 : this.#wroteMs + TELL_INTERVAL_MS - clock.monotonicMs()
    this.#cancel = clock.after(Math.max(FIRST_TELL_MS, restMs), () => {
      this.#cancel = undefined
      const startedMs = clock.monotonicMs()
      this.tell().then(
        (wrote) => {
          if (wrote) this.#wroteMs = startedMs
        },
        (error: unknown) => {
          this.#components.onProblem(error)
          this.#wroteMs = startedMs
          this.#tellSoon()
        }
      )
    })
  }

  async #folded(): Promise<FoldView<ToldState> | undefined> {
    return await this.#views()?.told
  }

  #views(): { told: Promise<FoldView<ToldState>>; fetches: Promise<FoldView<FetchState>> } | undefined {
    const room = this.#components.current()
    if (!room) return undefined
    if (this.#view?.of !== room) {
      this.#told = ''
      const view = { of: room, told: room.journal.view(wantsFold), fetches: room.journal.view(fetchFold) }
      // Whoever asks after a failure gets another try.
      const forget = (): void => {
        if (this.#view === view) this.#view = undefined
      }
      view.told.catch(forget)
      view.fetches.catch(forget)
      this.#view = view
    }
    return this.#view
  }
}

/** A laptop that asked two devices is one. */
function both(one: Want, two: Want): Want {
  const who = [...new Set([...one.who, ...two.who])]
  return { ...one, count: one.count + two.count, learners: Math.max(who.length, one.learners, two.learners), who }
}
