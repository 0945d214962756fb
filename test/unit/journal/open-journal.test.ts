import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Journal, type JournalProblem, openJournal } from '../../../node/journal/index.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import type * as KeyValue from '../../../node/platform/key-value.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { believingAuthority, certifier, noSeal } from '../../kit/journal-pieces.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

/** What the next opening fails with, as classic-level says it. */
const failing = vi.hoisted(() => ({ next: undefined as Error | undefined }))

vi.mock('../../../node/platform/key-value.ts', async (original) => {
  const actual = await original<typeof KeyValue>()
  return {
    ...actual,
    openLevel: (directory: string) => {
      const error = failing.next
      failing.next = undefined
      return error ? Promise.reject(error) : actual.openLevel(directory)
    }
  }
})

function open(folder: string, problems: JournalProblem[] = []): Promise<Journal> {
  const pieces = { authority: believingAuthority, certify: certifier('a'), seal: noSeal }
  return openJournal(
    { disk: nodeDisk, clock: systemClock, random: systemRandom, ...pieces },
    { folder, node: 'a', understood: new Map(), reserveBytes: 0, onProblem: (problem) => problems.push(problem) }
  )
}

test('damage whose words hold "block" is mended, and not taken for a lock', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'journal')
  const cause = Object.assign(new Error('Corruption: block checksum mismatch'), { code: 'LEVEL_CORRUPTION' })
  failing.next = new Error('Database failed to open', { cause })
  const problems: JournalProblem[] = []
  const journal = await open(path, problems)
  expect(problems.map(({ code }) => code)).toContain('JOURNAL_DAMAGED')
  await journal.close()
})

test('a journal that is open elsewhere is left alone', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'journal')
  const journal = await open(path)
  await expect(open(path)).rejects.toMatchObject({ code: 'BUSY' })
  await journal.append([{ topic: 't', kind: 'set', version: 1, body: 1 }])
  await journal.close()
})
