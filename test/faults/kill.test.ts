/**
 * A process may die at any moment: what it acknowledged is there, nothing torn is seen, and the next start needs no person.
 * Real writers, SIGKILL at random moments, the same data folder again and again. 60 kills (JOINERY_LONG: 2,000).
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { checkBlobs } from '../kit/durable-blobs.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const KILLS = process.env.JOINERY_LONG ? 2000 : 60
const random = seededRandom(Number(process.env.SEED ?? Date.now() % 2 ** 31))
const program = join(import.meta.dirname, '../kit/durable-writer.ts')

test('the blob store survives every kill', { timeout: KILLS * 60_000 }, async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'data')
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = new Child([process.execPath, program, 'blobs', data, String(random.below(2 ** 31))])
    // Some die while they open their store, some in full work.
    if (kill % 5 > 0) await writer.line(/^ack /)
    await new Promise((resolve) => void setTimeout(resolve, random.below(120)))
    await writer.signal('SIGKILL')
    for (const line of writer.lines) if (line.startsWith('ack ')) acknowledged.push(line.slice(4))
    if (kill % 10 === 9 || kill === KILLS - 1) expect(await checkBlobs(data, acknowledged)).toEqual([])
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS / 2)
  expect(readdirSync(join(data, 'store/incoming'))).toEqual([])
  console.log(`${KILLS} kills, ${acknowledged.length} acknowledged`)
})
