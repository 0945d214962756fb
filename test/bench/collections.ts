/**
 * Importing 3,000 files (500 MB) against `cp -r`, `sync` and `sha256sum` of the same folder on the same disk, the second import of it, and what a manifest
 * of 100,000 lines costs: `node --expose-gc test/bench/collections.ts [folder for the data]`. Figures compare within one run only.
 */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { BlobStore, createBlobs } from '../../node/blobs/index.ts'
import { openCollections } from '../../node/collections/index.ts'
import { ManifestLibrary } from '../../node/collections/manifest-library.ts'
import { collectionKinds } from '../../node/mirrors/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { nodeSourceFolder } from '../../node/platform/source-folder.ts'
import { cidOfDigest } from '../../protocols/cid.ts'
import { openRevisionNode } from '../unit/collections/revision-node.ts'
import { TestJournal } from '../unit/collections/shared-journal.ts'

const LESSON_FILES = 2_950
const LESSON_FILE_BYTES = 50_000
const INSTALLERS = 50
const INSTALLER_BYTES = 7_000_000
const LINES = 100_000

const NO_LINKS = {
  links: () => [],
  onLink: () => () => undefined,
  onLinkLost: () => () => undefined,
  handle: () => undefined
}

interface Cost {
  wallSeconds: number
  cpuSeconds: number
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { wallSeconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
}

/** Wall and CPU time of a command, its children included. */
function costOfCommand(command: string): Cost {
  const start = performance.now()
  const out = execFileSync('bash', [
    '-c',
    `TIMEFORMAT='%U %S'; { time { ${command} ; } ; } 2>&1 >/dev/null | tail -1`
  ]).toString()
  const [user = 0, system = 0] = out.trim().split(' ').map(Number)
  return { wallSeconds: (performance.now() - start) / 1000, cpuSeconds: user + system }
}

function makeWorkshop(folder: string): void {
  for (let i = 0; i < LESSON_FILES; i++) {
    const path = join(folder, `lessons/software-carpentry/lesson-${i % 20}/fig/${i}.png`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, randomBytes(LESSON_FILE_BYTES))
  }
  mkdirSync(join(folder, 'python'))
  for (let i = 0; i < INSTALLERS; i++)
    writeFileSync(
      join(folder, `python/python-3.${i}.0-macos11.pkg`),
      Buffer.concat([Buffer.from('xar!'), randomBytes(INSTALLER_BYTES)])
    )
}

function show(what: string, { wallSeconds, cpuSeconds }: Cost, against?: Cost): void {
  const ratio = against
    ? `   ${(wallSeconds / against.wallSeconds).toFixed(2)} × wall, ${(cpuSeconds / against.cpuSeconds).toFixed(2)} × CPU`
    : ''
  console.log(`${what.padEnd(34)} ${wallSeconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s CPU${ratio}`)
}

function residentMegabytes(): string {
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return `${Math.round(rss / 1e6)} MB resident, ${Math.round(heapUsed / 1e6)} MB heap, ${Math.round(arrayBuffers / 1e6)} MB buffers`
}

async function benchImport(data: string): Promise<void> {
  const folder = join(data, 'workshop')
  makeWorkshop(folder)
  execFileSync('sync')
  const copied = costOfCommand(
    `cp -r ${folder} ${data}/copy && sync -f ${data}/copy && find ${data}/copy -type f -exec sha256sum {} +`
  )
  const index = await openLevel(join(data, 'index'))
  const store = await BlobStore.open(
    { disk: nodeDisk, index, clock: systemClock },
    { directory: join(data, 'blobs'), quotaBytes: 2 ** 40 }
  )
  const blobs = createBlobs({ store, links: NO_LINKS, clock: systemClock }, { self: 'self' })
  const memory = await openLevel(join(data, 'memory'))
  const collections = await openCollections(
    {
      journal: new TestJournal('bench'),
      blobs: blobs.reader,
      writer: blobs.writing,
      sources: nodeSourceFolder,
      memory,
      random: systemRandom,
      // As if the folder had been written an hour ago.
      clock: { ...systemClock, wallMs: () => systemClock.wallMs() + 3_600_000 },
      capacities: { bytes: () => [], onChange: () => () => undefined }
    },
    { kinds: collectionKinds(), readerVersion: 'bench' }
  )
  console.log(`before: ${residentMegabytes()}`)
  const first = await costOf(() => collections.importFolder(folder))
  const peak = Math.round(process.resourceUsage().maxRSS / 1000)
  const second = await costOf(() => collections.importFolder(folder))
  show('cp -r, sync, sha256sum', copied)
  show('import', first, copied)
  show('import again', second, first)
  console.log(`most memory while importing: ${peak} MB resident; after: ${residentMegabytes()}`)
  await collections.stop()
  await blobs.stop()
  await memory.close()
}

async function benchManifest(): Promise<void> {
  const node = await openRevisionNode('bench', systemClock)
  console.log(`\n${LINES} lines in one manifest; before: ${residentMegabytes()}`)
  const pathOf = (i: number): string => `software-carpentry/lesson-${i % 20}/fig/episode-${i % 500}/figure-${i}.png`
  const cidOf = (text: string): ReturnType<typeof cidOfDigest> =>
    cidOfDigest(new Uint8Array(createHash('sha256').update(text).digest()))
  const change = (i: number, text: string): Parameters<typeof node.write>[0][number] => ({
    path: pathOf(i),
    file: { cid: cidOf(text), sizeBytes: 1000 + i, details: {} }
  })
  const changes = Array.from({ length: LINES }, (_, i) => change(i, `${i}`))
  const built = await costOf(() => node.write(changes))
  const builtBytes = node.blobs.writtenBytes
  changes.length = 0
  const changed = await costOf(() => node.write([change(LINES / 2, 'changed')]))
  const changedBytes = node.blobs.writtenBytes - builtBytes
  const added = await costOf(() => node.write([{ ...change(0, 'new'), path: 'software-carpentry/lesson-7/new.html' }]))
  const addedBytes = node.blobs.writtenBytes - builtBytes - changedBytes
  const [head] = [...node.content.heads('lessons').values()].slice(-1)
  if (!head) throw new Error('no head')
  const loaded = await costOf(() => new ManifestLibrary({ blobs: node.blobs }).load(head.fact))
  let listed = 0
  const listing = await costOf(async () => {
    for (const _ of node.index.list('lessons')) listed++
  })
  const finding = await costOf(async () => {
    for (let i = 0; i < LINES; i++) node.index.get('lessons', pathOf(i))
  })
  show(`build (${builtBytes} bytes)`, built)
  show(`change one (${changedBytes} bytes new)`, changed)
  show(`add one (${addedBytes} bytes new)`, added)
  show('load', loaded)
  show(`list ${listed}`, listing)
  show(`find each of ${LINES}`, finding)
  console.log(`after: ${residentMegabytes()}`)
  await node.stop()
}

const data = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'joinery-bench-'))
try {
  await benchImport(data)
  await benchManifest()
} finally {
  rmSync(data, { recursive: true })
}
