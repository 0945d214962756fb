/** What people asked for and the room lacks: counted, bounded, kept over a restart, and never filled up by one of them. */
import type { MissingPackage } from '../../protocols/content.ts'
import { byDemand, type Want } from '../../protocols/wants.ts'
import { addressGroup } from '../people/address-group.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'

/** More names than a class asks for in vain; one that nobody asked for again goes first. */
export const MAX_WANTS = 1000
export const MAX_NAME_CHARACTERS = 200
/** A requirements file of a hundred lines is asked for; what one address asks for beyond takes the place of its own. */
export const MAX_WANTS_OF_ONE = 100
/** Enough to find the people who asked, or to see that it is the whole class. */
export const MAX_WHO = 32
/** An SD card is not written for each request. */
const KEEP_AFTER_MS = 30_000
/** A thousand wants with all their askers. */
const MAX_FILE_BYTES = 2 * 2 ** 20

interface Kept extends Want {
  /** The one that brought it in; its quota counts it. */
  first: string
}

export class Wants {
  /** Least recently asked first. */
  readonly #wants = new Map<string, Kept>()
  #changed = false
  #listener: () => void = () => undefined
  #cancel: (() => void) | undefined
  #keeping: { disk: Disk; path: string; clock: Clock; onProblem(error: unknown): void } | undefined

  /** @param asker address of the laptop, as its socket gives it */
  add({ collection, name, target, client }: MissingPackage, asker = ''): void {
    const who = addressGroup(asker)
    const told = { collection, name: name.slice(0, MAX_NAME_CHARACTERS), ...(target === undefined ? {} : { target }) }
    const key = keyOf(told)
    const known = this.#wants.get(key)
    if (!known) this.#makeRoom(who)
    const others = known?.who.filter((one) => one !== who) ?? []
    const isNew = known === undefined || others.length === known.who.length
    this.#wants.delete(key)
    this.#wants.set(key, {
      ...told,
      ...client,
      count: (known?.count ?? 0) + 1,
      // Beyond those that are kept by name a further one cannot be told from one that was forgotten.
      learners: Math.min(MAX_WHO, (known?.learners ?? 0) + (isNew ? 1 : 0)),
      who: [who, ...others].slice(0, MAX_WHO),
      first: known?.first ?? who
    })
    this.#changed = true
    this.#keepSoon()
    this.#listener()
  }

  /** What most laptops asked for first, then what was asked for most often. */
  list(): Want[] {
    return [...this.#wants.values()].map(({ first: _, ...want }) => want).sort(byDemand)
  }

  /** Takes up what was kept by an earlier start, and keeps what comes. A file that cannot be read is told and replaced. */
  async keepIn(components: { disk: Disk; clock: Clock; onProblem(error: unknown): void }, path: string): Promise<void> {
    this.#keeping = { ...components, path }
    try {
      const bytes = await readSmallFile(components.disk, path, MAX_FILE_BYTES)
      if (!bytes) return
      for (const kept of readKept(Buffer.from(bytes).toString())) {
        if (this.#wants.size < MAX_WANTS) this.#wants.set(keyOf(kept), kept)
      }
    } catch (error) {
      components.onProblem(error)
    }
  }

  /** Called at each want; there is one who listens. */
  onAdd(listener: () => void): void {
    this.#listener = listener
  }

  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#keep()
  }

  /** Whoever asks for too much loses their own; with a full list what only one laptop asked for goes before what several did. */
  #makeRoom(who: string): void {
    let own = 0
    let ownOldest: string | undefined
    let loneOldest: string | undefined
    for (const [key, want] of this.#wants) {
      if (want.first === who) {
        own++
        if (want.learners === 1) ownOldest ??= key
      }
      if (want.learners === 1) loneOldest ??= key
    }
    if (own >= MAX_WANTS_OF_ONE && ownOldest !== undefined) this.#wants.delete(ownOldest)
    else if (this.#wants.size >= MAX_WANTS) this.#wants.delete(loneOldest ?? this.#wants.keys().next().value ?? '')
  }

  #keepSoon(): void {
    const { clock } = this.#keeping ?? {}
    if (!clock || this.#cancel) return
    this.#cancel = clock.after(KEEP_AFTER_MS, () => {
      this.#cancel = undefined
      void this.#keep()
    })
  }

  async #keep(): Promise<void> {
    if (!this.#keeping || !this.#changed) return
    const { disk, path, onProblem } = this.#keeping
    this.#changed = false
    try {
      await writeDurably(disk, path, Buffer.from(JSON.stringify({ wants: [...this.#wants.values()] })))
    } catch (error) {
      this.#changed = true
      onProblem(error)
    }
  }
}

function keyOf({ collection, name, target }: { collection: string; name: string; target?: string }): string {
  return JSON.stringify([collection, name, target ?? ''])
}

/** @throws SyntaxError; a want that is none is left out */
function readKept(text: string): Kept[] {
  const { wants } = JSON.parse(text) as { wants?: unknown }
  return Array.isArray(wants) ? wants.filter(isKept) : []
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== 'object' || value === null) return false
  const { collection, name, count, learners, who, first } = value as Record<string, unknown>
  const texts = [collection, name, first].every((one) => typeof one === 'string' && one.length <= MAX_NAME_CHARACTERS)
  const numbers = [count, learners].every((one) => typeof one === 'number' && one >= 1)
  return texts && numbers && Array.isArray(who) && who.length <= MAX_WHO && who.every((one) => typeof one === 'string')
}
