import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTable } from '../../../node/journal/leveldb-table.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const random = seededRandom(7)
/** Handles and their padding at the end of a table have no checksum of their own. */
const FOOTER_BYTES = 48

/** What LevelDB made of some puts and one deletion, and what should be in it. */
async function makeTable(): Promise<{ file: Uint8Array; wanted: Map<string, string> }> {
  using folder = temporaryFolder()
  const wanted = new Map<string, string>()
  const store = await openLevel(folder.path)
  for (let i = 0; i < 300; i++) {
    const key = new Uint8Array(Buffer.from(`key/${String(i).padStart(4, '0')}`))
    // Half compresses, half does not.
    const value = i % 2 ? random.bytes(random.below(300)) : new Uint8Array(Buffer.from(`value ${i} `.repeat(20)))
    await store.write([{ type: 'put', key, value }], { sync: false })
    wanted.set(Buffer.from(key).toString(), Buffer.from(value).toString('hex'))
  }
  await store.write([{ type: 'del', key: new Uint8Array(Buffer.from('key/0001')) }], { sync: true })
  await store.close()
  // The next start writes the log into a table.
  await (await openLevel(folder.path)).close()
  const [table] = readdirSync(folder.path).filter((name) => name.endsWith('.ldb'))
  wanted.delete('key/0001')
  return { file: new Uint8Array(readFileSync(join(folder.path, table ?? ''))), wanted }
}

const { file, wanted } = await makeTable()

describe('a table of LevelDB', () => {
  it('gives the values that were put', () => {
    const table = readTable(file)
    expect(table.sound).toBe(true)
    const found = new Map(
      [...table.records()].map(([key, value]) => [Buffer.from(key).toString(), Buffer.from(value).toString('hex')])
    )
    expect(found).toEqual(wanted)
  })

  it('shows every flipped bit, gives nothing wrong, and loses no more than the block that was hit', () => {
    for (let i = 0; i < 500; i++) {
      const spoiled = file.slice()
      const at = random.below(file.length - FOOTER_BYTES)
      spoiled[at] = (spoiled[at] as number) ^ (1 << random.below(8))
      const table = readTable(spoiled)
      expect(table.sound, `bit at ${at} of ${file.length}`).toBe(false)
      let found = 0
      for (const [key, value] of table.records()) {
        expect(wanted.get(Buffer.from(key).toString())).toBe(Buffer.from(value).toString('hex'))
        found++
      }
      // Behind the data lie the indexes: without them no block is found.
      if (at < file.length * 0.9) expect(found).toBeGreaterThan(wanted.size * 0.8)
    }
  })

  it('may be cut or be anything at all', () => {
    for (let i = 0; i < 300; i++) expect(readTable(file.subarray(0, random.below(file.length))).sound).toBe(false)
    for (let i = 0; i < 3000; i++) {
      const garbage = file.slice()
      for (let k = 0; k < 8; k++) garbage[garbage.length - 1 - random.below(60)] = random.below(256)
      expect(() => [...readTable(garbage).records()]).not.toThrow()
    }
  })
})
