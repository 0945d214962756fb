/** One node's collections over memory, and ways to fill them. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Collections, openCollections } from '../../../node/collections/index.ts'
import { type Clock, systemClock } from '../../../node/platform/clock.ts'
import { nodeSourceFolder, type SourceFolder } from '../../../node/platform/source-folder.ts'
import type { ContentInspector } from '../../../protocols/content.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedKeyValueStore } from '../../kit/simulated-key-value.ts'
import { MemoryBlobs } from './memory-blobs.ts'
import { TestJournal } from './shared-journal.ts'

export interface TestNode {
  collections: Collections
  blobs: MemoryBlobs
  journal: TestJournal
  memory: SimulatedKeyValueStore
  capacities: number[]
  /** As if another device were asked to leave. */
  otherLeaves(): void
}

export interface TestNodeInit {
  name?: string
  seed?: number
  sources?: SourceFolder
  clock?: Clock
  kinds?: ReadonlyMap<
    string,
    { collection: string; leftOut(path: string): string | undefined; inspector: ContentInspector }
  >
  freeHeapBytes?: () => number
  /** Of an earlier life of the same node. */
  before?: TestNode
}

export async function openTestNode(init: TestNodeInit = {}): Promise<TestNode> {
  const { name = 'one', seed = createHash('sha256').update(name).digest().readInt32BE() } = init
  const blobs = init.before?.blobs ?? new MemoryBlobs()
  const journal = init.before?.journal ?? new TestJournal(name)
  const memory = init.before?.memory ?? new SimulatedKeyValueStore({ random: seededRandom(seed) })
  const capacities: number[] = []
  let isOtherLeaving = false
  const listeners = new Set<() => void>()
  const otherLeaves = (): void => {
    isOtherLeaving = true
    for (const listener of listeners) listener()
  }
  const collections = await openCollections(
    {
      journal,
      blobs,
      writer: blobs,
      sources: init.sources ?? nodeSourceFolder,
      memory,
      random: seededRandom(init.before ? seed + journal.entries.length + 1 : seed),
      clock: init.clock ?? laterClock,
      capacities: {
        bytes: () => capacities,
        isOtherLeaving: () => isOtherLeaving,
        onChange: (listener) => {
          listeners.add(listener)
          return () => listeners.delete(listener)
        }
      }
    },
    {
      kinds: init.kinds ?? new Map(),
      readerVersion: 'test',
      ...(init.freeHeapBytes ? { freeHeapBytes: init.freeHeapBytes } : {})
    }
  )
  return { collections, blobs, journal, memory, capacities, otherLeaves }
}

/** Files that a test has just written are old enough to be remembered. */
const laterClock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() + 60_000 }

/** Makes files; a text is their content. */
export function writeTree(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** Path → content of everything that a collection shows. */
export function shownTexts({ collections, blobs }: TestNode, collection: string): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const { path, cid } of collections.index.list(collection))
    texts[path] = new TextDecoder().decode(blobs.anywhere(cid))
  return texts
}
