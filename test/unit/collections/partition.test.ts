/**
 * Rooms that fall apart and come together again, against a model that knows who saw what: the rules of protocols/manifest.ts seen from outside.
 * A failing seed is printed by fast-check and replays.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Change } from '../../../node/collections/revision-writer.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import type { ManifestLine } from '../../../protocols/manifest-shard.ts'
import { openRevisionNode, type RevisionNode } from './revision-node.ts'

type Step =
  | { kind: 'change'; node: number; paths: number[]; remove: boolean }
  | { kind: 'meet'; one: number; other: number }

const NODES = 3
const PATHS = ['a', 'b', 'c/d']

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('change' as const),
    node: fc.nat(NODES - 1),
    paths: fc.uniqueArray(fc.nat(PATHS.length - 1), { minLength: 1, maxLength: 2 }),
    remove: fc.boolean()
  }),
  fc.record({ kind: fc.constant('meet' as const), one: fc.nat(NODES - 1), other: fc.nat(NODES - 1) })
)

/** One version of a path, and all that its author had seen of that path when it was made. */
interface Made {
  id: number
  path: string
  removed: boolean
  saw: ReadonlySet<number>
}

test('whatever happens on which side, after meeting all show the same; nothing imported vanishes unseen and nothing removed comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const nodes = await Promise.all(
        Array.from({ length: NODES }, (_, i) => openRevisionNode(`node-${i}`, systemClock))
      )
      /** What the model knows: all versions, and which each node has seen. */
      const made: Made[] = []
      const seen = nodes.map(() => new Set<number>())
      for (const one of steps) {
        if (one.kind === 'meet') {
          await meet(nodes, seen, one.one, one.other)
          continue
        }
        const known = seen[one.node] as Set<number>
        const changes: Change[] = []
        for (const path of one.paths.map((i) => PATHS[i] as string)) {
          const id = made.length
          const saw = new Set(
            made.filter((version) => version.path === path && known.has(version.id)).map((version) => version.id)
          )
          made.push({ id, path, removed: one.remove, saw })
          known.add(id)
          changes.push({ path, file: one.remove ? undefined : fileOf(nodes[one.node] as RevisionNode, id) })
        }
        await (nodes[one.node] as RevisionNode).write(changes)
      }
      for (let round = 0; round < 2; round++)
        for (let i = 0; i < NODES; i++) for (let j = 0; j < NODES; j++) await meet(nodes, seen, i, j)
      const [first, ...others] = nodes as [RevisionNode, ...RevisionNode[]]
      for (const other of others) {
        expect(other.index.revision('lessons')).toBe(first.index.revision('lessons'))
        expect(other.lines()).toEqual(first.lines())
      }
      checkAgainstModel(first.lines(), made)
      // What was merged in memory is what the next revision writes down.
      const merged = withoutMark(first.lines())
      await first.write([{ path: 'mark', file: fileOf(first, 1e6) }])
      expect(first.openHeads()).toBe(1)
      expect(withoutMark(first.lines())).toEqual(merged)
      for (const node of nodes) await node.stop()
    }),
    { numRuns: 400 }
  )
})

/** The living versions are those that nobody replaced after having seen them. */
function checkAgainstModel(lines: ManifestLine[], made: readonly Made[]): void {
  for (const path of PATHS) {
    const all = made.filter((version) => version.path === path)
    const living = all.filter((version) => !all.some((other) => other.saw.has(version.id)))
    const versions = lines.find((line) => line.path === path)?.versions ?? []
    expect(versions.map(({ file }) => file?.sizeBytes ?? 'removed').sort()).toEqual(
      living.map(({ id, removed }) => (removed ? 'removed' : id)).sort()
    )
  }
}

function withoutMark(lines: ManifestLine[]): ManifestLine[] {
  return lines.filter((line) => line.path !== 'mark')
}

async function meet(nodes: readonly RevisionNode[], seen: readonly Set<number>[], i: number, j: number): Promise<void> {
  const [one, other] = [nodes[i], nodes[j]]
  if (!one || !other || one === other) return
  one.receiveFrom(other)
  other.receiveFrom(one)
  await Promise.all([one.settled(), other.settled()])
  const [a, b] = [seen[i] as Set<number>, seen[j] as Set<number>]
  for (const id of a) b.add(id)
  for (const id of b) a.add(id)
}

/** The size says which version it is. */
function fileOf(node: RevisionNode, id: number): Change['file'] {
  return { cid: node.keep(new TextEncoder().encode(`version ${id}`)), sizeBytes: id, details: {} }
}
