/** A text of words, and how old entries of it become fewer: as small as it can be and still be what notes are to the journal. */
import type { CborValue } from '../../../protocols/cbor.ts'
import type { Entry, EntryMerger, Fold, Stamp } from '../../../protocols/journal.ts'

/** Words of a text: a set that grows, as the structs of Yjs do. */
export const wordFold: Fold<Set<string>> = {
  name: 'words',
  version: 1,
  reads: (topic) => topic.startsWith('text/'),
  empty: () => new Set(),
  apply(state, { body }) {
    for (const word of wordsOf(body)) state.add(word)
  },
  save: (state) => [...state],
  load: (saved) => new Set(saved as string[])
}

export const wordMerger: EntryMerger = {
  covers: (topic, kind) => topic.startsWith('text/') && kind === 'words',
  merges: (kind) => kind === 'merged-words',
  mayMerge: ({ body }) => !wordsOf(body).some((word) => word.startsWith('stay')),
  async merge(topic, entries) {
    const last = entries.at(-1) as Entry
    const words = [...new Set(entries.flatMap(({ body }) => wordsOf(body)))]
    const stamp = [last.lamport, last.writer, last.number, last.index]
    return [{ topic, kind: 'merged-words', version: 1, body: { words, stamp } }]
  },
  spokenFor(_kind, body) {
    const stamp = (body as { stamp?: CborValue[] } | null)?.stamp
    if (!Array.isArray(stamp)) return undefined
    const [lamport, writer, number, index] = stamp
    return { lamport, writer, number, index } as Stamp
  }
}

export function wordsOf(body: CborValue | undefined): string[] {
  const list = (body as { words?: string[] } | undefined)?.words ?? []
  return list.map((word) => word.replace(/:x+$/, ''))
}

export const words = (topic: string, ...list: string[]) => ({
  topic: `text/${topic}`,
  kind: 'words',
  version: 1,
  body: { words: list }
})
