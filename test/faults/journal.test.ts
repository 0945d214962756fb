/**
 * A journal under a process that dies, a disk that fails and a disk that is full: nothing acknowledged is lost, and nothing is acknowledged that
 * is not safe.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeDisk } from '../../node/platform/disk.ts'
import { hasCode } from '../../protocols/errors.ts'
import { Child, until } from '../kit/child.ts'
import { smallFileSystem } from '../kit/loop-image.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { openFolder, openReal } from './journal-writer.ts'

const KILLS = process.env.JOINERY_LONG ? 500 : 20
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)
const program = join(import.meta.dirname, 'journal-writer.ts')

/** Everything that the journal in `folder` holds, as the writer prints it; it must also verify. */
async function holds(folder: string): Promise<Set<string>> {
  const journal = await openFolder(folder)
  const held = new Set<string>()
  for await (const { writer, number, index, body } of journal.entriesOf('t')) {
    expect(body).toBeInstanceOf(Uint8Array)
    held.add(`${writer} ${number} ${index}`)
  }
  expect(await journal.verify()).toMatchObject({ holes: [], rotten: [], hollow: [] })
  await journal.close()
  return held
}

const acknowledgedBy = (writer: Child): string[] =>
  writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4))

test(`survives every kill, seed ${seed}`, { timeout: KILLS * 60_000 }, async () => {
  using folder = temporaryFolder()
  const data = join(folder.path, 'journal')
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const writer = new Child([process.execPath, program, data, String(random.below(2 ** 31))])
    // Some die while they open, some in full work.
    if (kill % 5 > 0) await writer.line(/^ack /)
    await new Promise((resolve) => void setTimeout(resolve, random.below(120)))
    await writer.signal('SIGKILL')
    acknowledged.push(...acknowledgedBy(writer))
  }
  const held = await holds(data)
  expect(acknowledged.filter((one) => !held.has(one))).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(KILLS / 2)
  console.log(`${KILLS} kills, ${acknowledged.length} acknowledged`)
})

describe('when the disk fails', () => {
  test.each([3, 6, 11])('at sync %i, once: nothing is acknowledged from then on', async (call) => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'journal')
    const trace = join(folder.path, 'trace')
    const strace = ['strace', '-f', '--seccomp-bpf', '-o', trace, '-e', 'trace=write,fsync,fdatasync']
    const fault = ['-e', `inject=fsync,fdatasync:error=EIO:when=${call}`]
    // One thread for files, or the kernel's calls are counted for each thread apart.
    const env = { UV_THREADPOOL_SIZE: '1' }
    // More entries than calls before the one that fails: each of them is synced.
    const writer = new Child([...strace, ...fault, process.execPath, program, data, '7', String(2 * call)], { env })
    await writer.ended
    const calls = readFileSync(trace, 'utf8').split('\n')
    const failed = calls.findIndex((line) => line.includes('(INJECTED)'))
    expect(failed).toBeGreaterThan(0)
    const before = calls.slice(0, failed).filter((line) => /write\(1, "ack /.test(line)).length
    expect(acknowledgedBy(writer).length).toBe(before)
    if (before > 0) expect(writer.lines).toContain('refused JOURNAL_READ_ONLY')
    const held = await holds(data)
    expect(acknowledgedBy(writer).filter((one) => !held.has(one))).toEqual([])
  })

  test('because it is full: a clear code and nothing lost', async () => {
    await using disk = await smallFileSystem(24_000)
    const ballast = join(disk.path, 'ballast')
    writeFileSync(ballast, new Uint8Array(12_000_000))
    const data = join(disk.path, 'journal')
    const writer = new Child([process.execPath, program, data, '7'])
    await writer.line(/^refused JOURNAL_FULL$/)
    await writer.ended
    rmSync(ballast)
    const acknowledged = acknowledgedBy(writer)
    expect(acknowledged.length).toBeGreaterThan(100)
    const held = await holds(data)
    expect(acknowledged.filter((one) => !held.has(one))).toEqual([])
  })

  test('nearly full: refused while there is room to start again', async () => {
    await using disk = await smallFileSystem(40_000)
    const folder = join(disk.path, 'journal')
    const journal = await openReal(folder, { reserveBytes: 12_000_000 })
    const acknowledged = new Set<string>()
    const fill = async (): Promise<never> => {
      for (;;) {
        const entry = { topic: 't', kind: 'set', version: 1, body: random.bytes(20_000) }
        for (const { writer, number, index } of await journal.append([entry]))
          acknowledged.add(`${writer} ${number} ${index}`)
      }
    }
    await expect(fill()).rejects.toSatisfy((error) => hasCode(error, 'JOURNAL_FULL'))
    expect(journal.state()).toBe('full')
    let read = 0
    for await (const { body } of journal.entriesOf('t')) read += body === undefined ? 0 : 1
    expect(read).toBe(acknowledged.size)
    await journal.close()
    expect(await holds(folder)).toEqual(acknowledged)
  })

  test('and then has room: appends go on without a restart', async () => {
    await using disk = await smallFileSystem(40_000)
    const journal = await openReal(join(disk.path, 'journal'), { reserveBytes: 2_000_000 })
    const append = () => journal.append([{ topic: 't', kind: 'set', version: 1, body: 1 }])
    const ballast = join(disk.path, 'ballast')
    writeFileSync(ballast, new Uint8Array((await nodeDisk.freeBytes(disk.path)) - 1_500_000))
    await until('refused', () => journal.state() === 'full')
    await expect(append()).rejects.toSatisfy((error) => hasCode(error, 'JOURNAL_FULL'))
    rmSync(ballast)
    await until('room again', () => journal.state() === 'open')
    await append()
    await journal.close()
  })
})
