/** How old text of notes becomes fewer entries: many Yjs updates become one that says the same. */
import * as Y from 'yjs'
import type { Entry, EntryMerger, NewEntry } from '../../protocols/journal.ts'
import {
  decodeNoteUpdate,
  encodeNoteMerged,
  lastOfMerged,
  NOTE_FACT_VERSION,
  NOTE_MERGED_KIND,
  NOTE_UPDATE_KIND,
  noteIdOfTopic
} from '../../protocols/note-facts.ts'
import type { Clock } from '../platform/clock.ts'
import { joinTyped } from './joined-update.ts'
import { ENTRY_BYTES } from './limits.ts'

/** Merging 10,000 at once costs 900 ms, in groups of 32 a fraction, and a Pi is five times slower: people's keys come in between. */
const GROUP = 32

export function createNoteMerger(clock: Clock): EntryMerger {
  const breathe = (): Promise<void> => new Promise((resolve) => void clock.after(0, resolve))
  return {
    covers: (topic, kind) => kind === NOTE_UPDATE_KIND && noteIdOfTopic(topic) !== undefined,
    merges: (kind) => kind === NOTE_MERGED_KIND,
    spokenFor: (_kind, body) => lastOfMerged(body),
    mayMerge({ body }: Entry) {
      const fact = decodeNoteUpdate(body)
      // Of two owners of one clientID the earlier entry counts: such an entry must keep its place. Parts of a long update belong together.
      return fact !== undefined && fact.authors.length === 0 && fact.fragment === undefined
    },
    async merge(topic, entries) {
      const updates = entries.flatMap(({ body }) => decodeNoteUpdate(body)?.updates ?? [])
      const last = entries.at(-1)
      if (!last || updates.length === 0) return undefined
      try {
        const merged = await mergedInGroups(updates, breathe)
        return merged.map((group): NewEntry => {
          const body = encodeNoteMerged(group, last)
          return { topic, kind: NOTE_MERGED_KIND, version: NOTE_FACT_VERSION, audience: 'room', body }
        })
      } catch {
        // Something that Yjs does not understand: it stays for those who might.
        return undefined
      }
    }
  }
}

/** @returns lists of updates for an entry each */
async function mergedInGroups(updates: readonly Uint8Array[], breathe: () => Promise<void>): Promise<Uint8Array[][]> {
  let level = [...updates]
  while (level.length > 1) {
    const next: Uint8Array[] = []
    for (let at = 0; at < level.length; at += GROUP) {
      const group = level.slice(at, at + GROUP)
      // What is long is not copied again and again, and a body has a limit.
      if (group.reduce((sum, { length }) => sum + length, 0) > ENTRY_BYTES) next.push(...group)
      else next.push(joinTyped(Y.mergeUpdates(group)))
      await breathe()
    }
    if (next.length >= level.length) break
    level = next
  }
  const entries: Uint8Array[][] = []
  let openBytes = Number.POSITIVE_INFINITY
  for (const update of level) {
    if (openBytes + update.length > ENTRY_BYTES) {
      entries.push([])
      openBytes = 0
    }
    entries.at(-1)?.push(update)
    openBytes += update.length
  }
  return entries
}
