/**
 * A whole node under the worst that a class does to it: killed in the middle of imports, again and again, and put on a disk that is too small.
 * What a command said was done is there afterwards, a start needs no person, and nothing half-done is visible. 4 kills (JOINERY_LONG: 200).
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { smallFileSystem } from '../kit/loop-image.ts'
import { joinery, joineryAnyway, joineryJson, NodeProcess } from '../kit/node-process.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const KILLS = process.env.JOINERY_LONG ? 200 : 4
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const random = seededRandom(seed)

/** Small files and one with pieces; returns their names and hashes. */
function makeFiles(folder: string, prefix: string, small: number, bigBytes: number): Map<string, string> {
  mkdirSync(folder, { recursive: true })
  const made = new Map<string, string>()
  for (let i = 0; i <= small; i++) {
    const bytes = i < small ? random.bytes(1 + random.below(20_000)) : new Uint8Array(bigBytes).fill(random.below(256))
    writeFileSync(join(folder, `${prefix}-${i}.bin`), bytes)
    made.set(`${prefix}-${i}.bin`, createHash('sha256').update(bytes).digest('hex'))
  }
  return made
}

async function hashAt(address: string, path: string): Promise<string> {
  const answer = await fetch(`${address}/installers/${path}`)
  if (!answer.ok) return `status ${answer.status}`
  return createHash('sha256')
    .update(new Uint8Array(await answer.arrayBuffer()))
    .digest('hex')
}

test(`a node that is killed in the middle of imports, seed ${seed}`, { timeout: KILLS * 150_000 }, async () => {
  using folder = temporaryFolder()
  const place = { data: join(folder.path, 'node') }
  await joinery(place, ['init', '--name', 'Killed'])
  const done = new Map<string, string>()
  for (let kill = 0; kill < KILLS; kill++) {
    const source = join(folder.path, `source-${kill}`)
    const made = makeFiles(source, `kill-${kill}`, 60, 5 * 2 ** 20)
    const node = await NodeProcess.start(place)
    const importing = joineryAnyway(place, ['import', source, '--as', 'installers'])
    await Promise.race([importing, new Promise((resolve) => void setTimeout(resolve, 300 + random.below(1_500)))])
    await node.kill()
    // Whatever it says now, it says it: success means that everything is there.
    const { code } = await importing
    if (code === 0) for (const [name, hash] of made) done.set(name, hash)
    else {
      // Running it again continues.
      await joinery(place, ['import', source, '--as', 'installers'])
      for (const [name, hash] of made) done.set(name, hash)
    }
  }
  await using node = await NodeProcess.start(place)
  for (const [name, hash] of done) expect([name, await hashAt(node.address, name)]).toEqual([name, hash])
  expect(await joineryJson<{ rotten: unknown[] }>(place, ['verify'])).toMatchObject({ rotten: [] })
  await node.stop()
})

test('a node on a disk that is too small: a clear code, what is there goes on, and it starts again', async () => {
  using folder = temporaryFolder()
  // The store keeps 256 MiB of it free for the system, the journal some too.
  await using disk = await smallFileSystem(400_000)
  const place = { data: join(disk.path, 'node') }
  const first = makeFiles(join(folder.path, 'first'), 'first', 5, 3 * 2 ** 20)
  makeFiles(join(folder.path, 'second'), 'second', 5, 200 * 2 ** 20)
  await joinery(place, ['init', '--name', 'Small'])
  const node = await NodeProcess.start(place)
  await joinery(place, ['import', join(folder.path, 'first'), '--as', 'installers'])
  const { code, stdout, stderr } = await joineryAnyway(place, [
    'import',
    join(folder.path, 'second'),
    '--as',
    'installers'
  ])
  expect(code).not.toBe(0)
  expect(stdout + stderr).toMatch(/DISK_FULL|QUOTA_FULL/)
  for (const [name, hash] of first) expect([name, await hashAt(node.address, name)]).toEqual([name, hash])
  expect(await hashAt(node.address, 'second-5.bin')).toBe('status 404')
  await node.stop()
  const again = await NodeProcess.start(place)
  expect((await again.status()).room?.name).toBe('Small')
  await again.stop()
})
