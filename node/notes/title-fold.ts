/** Which notes there are: titles as registers, and the last entry of each text. */

import type { CborValue } from '../../protocols/cbor.ts'
import { compareStamps, type Fold, type Stamp } from '../../protocols/journal.ts'
import {
  decodeNoteNamed,
  decodeNoteRemoved,
  lastOfMerged,
  NOTE_MERGED_KIND,
  NOTE_NAMED_KIND,
  NOTE_REMOVED_KIND,
  NOTES_REMOVED_TOPIC,
  NOTES_TOPIC,
  noteIdOfTopic
} from '../../protocols/note-facts.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'

export interface NoteIndex {
  titles: Map<string, { title: string; stamp: Stamp }>
  /** The last entry of a note's text. */
  texts: Map<string, Stamp>
  removed: Set<string>
  /** Notes of which the journal has text: what is left of a removed one has to be erased. */
  kept: Set<string>
}

export const titleFold: Fold<NoteIndex> = {
  name: 'notes',
  version: 3,
  reads: (topic) => topic === NOTES_TOPIC || topic === NOTES_REMOVED_TOPIC || noteIdOfTopic(topic) !== undefined,
  empty: () => ({ titles: new Map(), texts: new Map(), removed: new Set(), kept: new Set() }),
  apply(state, entry) {
    const id = noteIdOfTopic(entry.topic)
    if (id !== undefined) {
      if (entry.body !== undefined) state.kept.add(id)
      if (state.removed.has(id)) return
      // Merging old text is no news of it.
      const stamp = entry.kind === NOTE_MERGED_KIND ? lastOfMerged(entry.body) : stampOf(entry)
      const last = state.texts.get(id)
      if (stamp && (!last || compareStamps(last, stamp) < 0)) state.texts.set(id, stamp)
      return
    }
    if (entry.topic === NOTES_REMOVED_TOPIC) {
      const removed = entry.kind === NOTE_REMOVED_KIND ? decodeNoteRemoved(entry.body) : undefined
      if (removed === undefined) return
      state.removed.add(removed)
      state.titles.delete(removed)
      state.texts.delete(removed)
      return
    }
    if (entry.kind !== NOTE_NAMED_KIND) return
    const fact = decodeNoteNamed(entry.body)
    if (!fact || state.removed.has(fact.id)) return
    const known = state.titles.get(fact.id)
    if (!known || compareStamps(known.stamp, entry) < 0)
      state.titles.set(fact.id, { title: fact.title, stamp: stampOf(entry) })
  },
  save(state): CborValue {
    return {
      titles: [...state.titles].map(([id, { title, stamp }]) => [id, title, saveStamp(stamp)]),
      texts: [...state.texts].map(([id, stamp]) => [id, saveStamp(stamp)]),
      removed: [...state.removed].sort(),
      kept: [...state.kept].sort()
    }
  },
  load(saved) {
    const { titles, texts, removed, kept } = saved as {
      titles: [string, string, SavedStamp][]
      texts: [string, SavedStamp][]
      removed: string[]
      kept: string[]
    }
    return {
      titles: new Map(titles.map(([id, title, stamp]) => [id, { title, stamp: loadStamp(stamp) }])),
      texts: new Map(texts.map(([id, stamp]) => [id, loadStamp(stamp)])),
      removed: new Set(removed),
      kept: new Set(kept)
    }
  }
}
