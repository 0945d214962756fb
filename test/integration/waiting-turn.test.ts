/** Installers wait for their turn: what browsers, programs and resumed downloads see, on a device of its own and real clients that stop and go on. */
import { createHash, randomFillSync } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Child, run, until } from '../kit/child.ts'
import { joinery, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

/** More than the system's buffers take at once: who stops reading holds the download up. */
const FILE_BYTES = 16e6

let folder: TemporaryFolder
let node: NodeProcess
let url: string
let sha256: string
const running: Child[] = []

beforeAll(async () => {
  folder = temporaryFolder()
  const place: NodePlace = { data: join(folder.path, 'node') }
  await joinery(place, ['init', '--name', 'Greenhouse'])
  const files = join(folder.path, 'files')
  mkdirSync(files)
  const bytes = randomFillSync(Buffer.allocUnsafe(FILE_BYTES))
  sha256 = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(files, 'tool.bin'), bytes)
  node = await NodeProcess.start(place)
  await joinery(place, ['import', files, '--as', 'installers'])
  url = `http://127.0.0.1:${new URL(node.address).port}/installers/tool.bin`
})
afterAll(async () => {
  await node?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.signal('SIGKILL')))
})

function pathOf(learner: number): string {
  return join(folder.path, `of-${learner}`)
}

/** A learner at an address of their own. */
function curl(learner: number, words: readonly string[] = []): string[] {
  return ['curl', '-sSfN', '--interface', `127.0.0.${learner}`, '-o', pathOf(learner), ...words, url]
}

function start(learner: number, words: readonly string[] = []): Child {
  const child = new Child(curl(learner, words))
  running.push(child)
  return child
}

/** Learners take the turns until a browser is shown a page, and stop reading: no turn ends by itself. */
async function takeAllTurns(from: number): Promise<Child[]> {
  const children: Child[] = []
  for (let learner = from; (await browse(40)).status === 200; learner++) {
    const child = start(learner, ['--limit-rate', '4M'])
    await until('it has begun', () => sizeOf(learner) > 0, { everyMs: 20 })
    child.process.kill('SIGSTOP')
    children.push(child)
  }
  return children
}

function sizeOf(learner: number): number {
  return statSync(pathOf(learner), { throwIfNoEntry: false })?.size ?? 0
}

interface Shown {
  status: number
  headers: string
}

async function browse(learner: number): Promise<Shown> {
  const headers = ['-H', 'Accept: text/html,application/xhtml+xml,*/*;q=0.8', '-D', `${pathOf(learner)}-head`]
  await run(['curl', '-sS', '--interface', `127.0.0.${learner}`, '-o', pathOf(learner), ...headers, url])
  const head = readFileSync(`${pathOf(learner)}-head`, 'utf8')
  return { status: Number(head.split(' ')[1]), headers: head.toLowerCase() }
}

function isWhole(learner: number): boolean {
  return (
    createHash('sha256')
      .update(readFileSync(pathOf(learner)))
      .digest('hex') === sha256
  )
}

test('browsers look again until they get the file, programs wait, a download that broke off goes on: all have all', async () => {
  const [first, second, ...stopped] = await takeAllTurns(10)
  const page = await browse(40)
  expect(page.status).toBe(503)
  expect(page.headers).toMatch(/^refresh: \d+\r$/m)
  const program = start(41)
  const broken = start(42)
  await until('the programs see that it goes on', () => sizeOf(41) > 0 && sizeOf(42) > 0)
  await broken.signal('SIGKILL')
  const resumed = start(42, ['-C', '-'])
  // One whose turn it is breaks off and is back at once, although others wait.
  await second?.signal('SIGKILL')
  await run(curl(11, ['-C', '-']))
  expect(isWhole(11)).toBe(true)
  for (const one of [first, ...stopped]) one?.process.kill('SIGCONT')
  const came = await until('its turn has come', async () => {
    const shown = await browse(40)
    return shown.status === 200 && shown
  })
  expect(came.headers).toContain('content-disposition: attachment; filename="tool.bin"')
  expect(await program.ended).toBe(0)
  // It may have had all of it before it broke off: then there is nothing to go on with.
  await resumed.ended
  expect([40, 41, 42].map(isWhole)).toEqual([true, true, true])
})
