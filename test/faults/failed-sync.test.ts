/**
 * Disks that fail: the kernel's answers are replaced under a real writer (strace), one call after the other. After a sync that failed
 * nothing may be acknowledged any more, whatever a second sync says; after a write that failed everything acknowledged before is whole.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Child } from '../kit/child.ts'
import { checkBlobs } from '../kit/durable-blobs.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const program = join(import.meta.dirname, '../kit/durable-writer.ts')
const CALLS = process.env.JOINERY_LONG ? Array.from({ length: 60 }, (_, i) => i + 1) : [1, 2, 3, 5, 9, 14]

interface Story {
  /** Acknowledged, in order. */
  acknowledged: string[]
  /** How many of them came before the first call that was made to fail. */
  before: number
  refused: string | undefined
}

/** Runs one writer for so many blobs, one after the other, while `fault` makes some calls fail; reads from the trace what came before what. */
async function write(data: string, trace: string, fault: string, blobs: number): Promise<Story> {
  const strace = [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-o',
    trace,
    '-e',
    'trace=write,pwrite64,fsync,fdatasync',
    '-e',
    fault
  ]
  // One thread for files, or the kernel's calls are counted for each thread apart.
  const env = { UV_THREADPOOL_SIZE: '1' }
  const writer = new Child([...strace, process.execPath, program, 'blobs-one-by-one', data, '7', String(blobs)], {
    env
  })
  await writer.ended
  const acknowledged = writer.lines.filter((line) => line.startsWith('ack ')).map((line) => line.slice(4))
  const calls = readFileSync(trace, 'utf8').split('\n')
  const failed = calls.findIndex((line) => line.includes('(INJECTED)'))
  if (failed < 0) throw new Error(`no call was made to fail: ${fault}\n${writer.output()}`)
  const before = calls.slice(0, failed).filter((line) => /write\(1, "ack /.test(line)).length
  return { acknowledged, before, refused: writer.lines.find((line) => line.startsWith('refused '))?.slice(8) }
}

describe.each(CALLS)('call %i and all later ones', { timeout: 60_000 }, (call) => {
  // Each is written and synced by itself: the call that fails is reached, and much comes after it.
  const blobs = 2 * call + 10
  test('fdatasync fails with EIO: nothing is acknowledged from then on', async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const story = await write(data, join(folder.path, 'trace'), `inject=fsync,fdatasync:error=EIO:when=${call}+`, blobs)
    expect(story.acknowledged.length).toBe(story.before)
    expect(await checkBlobs(data, story.acknowledged)).toEqual([])
  })

  test('fdatasync fails once: a second sync that succeeds proves nothing, the store stays read-only', async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const story = await write(data, join(folder.path, 'trace'), `inject=fsync,fdatasync:error=EIO:when=${call}`, blobs)
    expect(story.acknowledged.length).toBe(story.before)
    expect(await checkBlobs(data, story.acknowledged)).toEqual([])
  })

  test('pwrite fails with ENOSPC: the store says so, and nothing torn is seen', async () => {
    using folder = temporaryFolder()
    const data = join(folder.path, 'data')
    const story = await write(data, join(folder.path, 'trace'), `inject=pwrite64:error=ENOSPC:when=${call}`, blobs)
    expect(story.refused ?? 'DISK_FULL').toBe('DISK_FULL')
    expect(await checkBlobs(data, story.acknowledged)).toEqual([])
  })
})
