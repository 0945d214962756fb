/** Long updates in several entries: split before they are written, joined when they are read. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import type { WriterId } from '../../protocols/journal.ts'
import { type Author, FRAGMENT_BYTES, MAX_UPDATES_PER_ENTRY, type NoteUpdate } from '../../protocols/note-facts.ts'
import * as limits from './limits.ts'

/** Packs updates into entries; authors go with the first. */
export function packEntries(updates: readonly Uint8Array[], authors: readonly Author[]): NoteUpdate[] {
  const entries: NoteUpdate[] = []
  let open: Uint8Array[] = []
  let openBytes = 0
  const push = (entry: Omit<NoteUpdate, 'authors'>): void => {
    entries.push({ ...entry, authors: entries.length === 0 ? authors : [] })
  }
  const close = (): void => {
    if (open.length > 0) push({ updates: open })
    open = []
    openBytes = 0
  }
  for (const update of updates) {
    if (update.length > FRAGMENT_BYTES) {
      close()
      const of = Math.ceil(update.length / FRAGMENT_BYTES)
      for (let at = 0; at < of; at++) {
        const part = update.subarray(at * FRAGMENT_BYTES, (at + 1) * FRAGMENT_BYTES)
        push({ updates: [part], fragment: { at, of } })
      }
      continue
    }
    if (openBytes + update.length > limits.ENTRY_BYTES || open.length >= MAX_UPDATES_PER_ENTRY) close()
    open.push(update)
    openBytes += update.length
  }
  close()
  return entries
}

/** At most one unfinished update per writer, and few writers: a peer that never finishes costs a bounded amount. */
export class Fragments {
  readonly #open = new BoundedMap<WriterId, { of: number; parts: Uint8Array[] }>(limits.MAX_UNFINISHED_UPDATES)

  /** @returns the whole update once its last part is there */
  add(writer: WriterId, part: Uint8Array, { at, of }: { at: number; of: number }): Uint8Array[] | undefined {
    const known = this.#open.get(writer)
    if (at === 0) this.#open.set(writer, { of, parts: [part] })
    else if (known && known.of === of && known.parts.length === at) known.parts.push(part)
    else if (known && known.of === of && at < known.parts.length) return undefined
    else this.#open.delete(writer)
    const open = this.#open.get(writer)
    if (!open || open.parts.length < open.of) return undefined
    this.#open.delete(writer)
    return [Buffer.concat(open.parts)]
  }

  clear(): void {
    this.#open.clear()
  }
}
