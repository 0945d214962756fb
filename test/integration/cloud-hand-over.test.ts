/**
 * After the workshop, on real nodes: two rooms are linked with one cloud peer, all their devices are switched off, and a new device with an
 * invitation and nobody but the cloud peer in reach becomes the same room; of the other room it gets nothing.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from 'vitest'
import { runAnyway, until } from '../kit/child.ts'
import { joineryAnyway, joineryJson, operationsOf } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'
import { eventually, stockClient } from '../unit/notes/note-node.ts'
import {
  cloudWhere,
  dataOf,
  importFolder,
  isDone,
  Learner,
  link,
  linkText,
  noise,
  roomsAt,
  type Started,
  startCloud,
  startNode,
  startRoom
} from './cloud-kit.ts'

/** Stands in names, files and notes of room A, and must stand nowhere on devices of room B. */
const SECRET_OF_A = 'glaucous-meadow'
const NOTE_OF_A = 'day-one'

let folder: TemporaryFolder
const running: Started[] = []
let cloud: Started
let a: Started
let b: Started
let text: string
let invitation: string
let ana: Learner

const keep = (started: Started): Started => {
  running.push(started)
  return started
}

let failedStep: string | undefined
beforeEach(({ task }) => {
  if (failedStep !== undefined) throw new Error(`an earlier step failed: ${failedStep}`)
  onTestFailed(() => {
    failedStep ??= task.name
  })
})

beforeAll(async () => {
  folder = temporaryFolder()
  ;[cloud, a, b] = (
    await Promise.all([
      startCloud(dataOf(folder.path, 'cloud')),
      startRoom(dataOf(folder.path, 'a'), `Room ${SECRET_OF_A}`, `pi-${SECRET_OF_A}`),
      startRoom(dataOf(folder.path, 'b'), 'Room B', 'pi-b')
    ])
  ).map(keep) as [Started, Started, Started]
})

afterAll(async () => {
  for (const one of running) await one[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

test('a room is linked by a text, and says what is done and what is left until all of it is there', async () => {
  const lesson = join(folder.path, 'for-a', 'lessons', SECRET_OF_A)
  mkdirSync(lesson, { recursive: true })
  writeFileSync(join(lesson, 'index.html'), `<!doctype html><title>${SECRET_OF_A}</title><h1>Meadows</h1>`)
  writeFileSync(join(lesson, 'data.bin'), noise(300_000, 1))
  await importFolder(a, join(folder.path, 'for-a'))
  const client = stockClient(Number(new URL(a.node.address).port), NOTE_OF_A)
  client.text.insert(0, `what we wrote: ${SECRET_OF_A}`)
  const second = stockClient(Number(new URL(a.node.address).port), NOTE_OF_A)
  await eventually(() => second.text.toString().includes(SECRET_OF_A))
  second.destroy()
  ana = await Learner.add(a, 'ana', folder.path)
  await ana.makeRepository(a.node, 'recipes')
  await ana.git('clone', '--quiet', `${a.node.address}/ana/recipes.git`, 'mine')
  writeFileSync(join(folder.path, 'mine', 'guacamole.md'), SECRET_OF_A)
  await ana.git('-C', 'mine', 'add', '.')
  await ana.git('-C', 'mine', 'commit', '--quiet', '-m', 'Guacamole')
  await ana.git('-C', 'mine', 'push', '--quiet', 'origin', 'main')
  text = await linkText(cloud, `127.0.0.1:${cloud.meshPort}`, 2)
  const begun = await link(a, text)
  expect(begun).toMatchObject({ state: expect.stringMatching(/open|linked|away/), usedBytes: 0 })
  const done = await cloudWhere(a, 'all of A is at the cloud peer', isDone(300_000))
  client.destroy()
  expect(done.leftRepositories).toBe(0)
  expect(done.usedBytes).toBeGreaterThanOrEqual(300_000)
  // What the cloud peer must have: not the letter of a file that the HTTP door of anybody gave it.
  expect((await roomsAt(cloud)).map(({ name, devices }) => [name, devices])).toEqual([[`Room ${SECRET_OF_A}`, 1]])
})

test('a second room comes to the same cloud peer with the same text; a third one is told that it is used up', async () => {
  mkdirSync(join(folder.path, 'for-b', 'lessons', 'b'), { recursive: true })
  writeFileSync(join(folder.path, 'for-b', 'lessons', 'b', 'index.html'), '<!doctype html><title>B</title>')
  await importFolder(b, join(folder.path, 'for-b'))
  await link(b, text)
  await cloudWhere(b, 'all of B is at the cloud peer', isDone(10))
  const third = keep(await startRoom(dataOf(folder.path, 'c'), 'Room C', 'pi-c'))
  await link(third, text)
  const refused = await cloudWhere(third, 'the third room is refused', ({ state }) => state === 'refused')
  expect(refused.code).toBe('CLOUD_LINK_USED_UP')
  expect((await roomsAt(cloud)).map(({ name }) => name).sort()).toEqual(['Room B', `Room ${SECRET_OF_A}`])
  await third.node.stop()
})

test('the HTTP port of a cloud peer says what it is, in four languages, and nothing of its rooms', async () => {
  // The last line of the list is a file of the room.
  const { cid } = await joineryJson<{ cid: string }>(a.place, ['ls', 'lessons'])
  expect(cid).toMatch(/^baf/)
  for (const path of ['/', '/healthz', '/api/room', '/room', '/lessons/', `/blob/${cid}`]) {
    const { stdout } = await runAnyway([
      'curl',
      '--silent',
      '--header',
      'Joinery-Hop: 1',
      `${cloud.node.address}${path}`
    ])
    expect(stdout).not.toContain(SECRET_OF_A)
    expect(stdout).not.toContain('Room B')
    expect(stdout.length).toBeLessThan(1000)
  }
})

test('its page says in the visitor’s language that nobody can sign in, and where work is found', async () => {
  for (const [language, words] of [
    ['en', 'Nobody can sign in here'],
    ['es-MX', 'nadie puede iniciar sesión'],
    ['fr', 'Personne ne peut se connecter ici'],
    ['pt-BR', 'Ninguém pode entrar']
  ] as const) {
    const answer = await fetch(cloud.node.address, { headers: { accept: 'text/html', 'accept-language': language } })
    const page = await answer.text()
    expect(page).toContain(words)
    expect(page).toContain(`<html lang="${language.slice(0, 2)}"`)
    expect(page).toContain('joinery start --join')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
  }
  const posted = await fetch(cloud.node.address, { method: 'POST', body: 'x' })
  expect([posted.status, await posted.text()]).toEqual([405, ''])
})

test('a cloud peer cannot invite, and does not link its rooms with others', async () => {
  expect(await joineryAnyway(cloud.place, ['invite'])).toMatchObject({
    stderr: expect.stringContaining('IS_A_CLOUD_PEER')
  })
  expect(await joineryAnyway(cloud.place, ['cloud', 'link', text])).toMatchObject({
    stderr: expect.stringContaining('IS_A_CLOUD_PEER')
  })
  expect(await joineryAnyway(a.place, ['cloud', 'invite'])).toMatchObject({
    stderr: expect.stringContaining('NOT_A_CLOUD_PEER')
  })
})

test('with all devices gone and the cloud peer killed and started again, a new device becomes the same room', async () => {
  invitation = (await joineryJson<{ text: string }>(a.place, ['invite', '--uses', '1'])).text
  await a.node.stop()
  await cloud.node.kill()
  cloud = keep(await startCloud(cloud.place, 'cloud', '--mesh-port', String(cloud.meshPort)))
  // Nobody of A talks to it: its room is there, and closed.
  expect((await roomsAt(cloud)).find(({ name }) => name.includes(SECRET_OF_A))).toMatchObject({
    open: false,
    devices: 0
  })
  const fresh = keep(await startNode(dataOf(folder.path, 'fresh'), ['--join', invitation, '--name', 'fresh']))
  await until('the collection is there', async () => {
    const collections = await operationsOf(fresh.place).collections()
    return collections.some(({ name, files }) => name === 'lessons' && files === 2)
  })
  const { stdout } = await runAnyway(['curl', '--silent', `${fresh.node.address}/lessons/${SECRET_OF_A}/`])
  expect(stdout).toContain('Meadows')
  const data = await fetch(`${fresh.node.address}/lessons/${SECRET_OF_A}/data.bin`)
  expect(Buffer.from(await data.arrayBuffer()).equals(noise(300_000, 1))).toBe(true)
  const client = stockClient(Number(new URL(fresh.node.address).port), NOTE_OF_A)
  await until('the note is the same', () => {
    const text = client.text.toString()
    return text === `what we wrote: ${SECRET_OF_A}`
  })
  client.destroy()
  // The commits too; and the learner pushes on, although the cloud peer never decides about a push.
  await until('the commit is there', async () => {
    return (await ana.git('ls-remote', `${fresh.node.address}/ana/recipes.git`)).includes('refs/heads/main')
  })
  await ana.git('clone', '--quiet', `${fresh.node.address}/ana/recipes.git`, 'again')
  expect(readFileSync(join(folder.path, 'again', 'guacamole.md'), 'utf8')).toBe(SECRET_OF_A)
  // And it copies what it should hold, although no member has seen it yet.
  await fresh.node.statusWhere('it holds its copies', ({ blobs }) => blobs.held > 2 && blobs.missing === 0)
})

test('nothing of room A is on the device of room B: no entry, file, name, address or key', async () => {
  const { room } = await b.node.status()
  expect(room?.name).toBe('Room B')
  await b.node.stop()
  const ofB = bytesBelow(b.place.data)
  expect(ofB.length).toBeGreaterThan(1000)
  for (const path of ['for-a']) expect(ofB.includes(Buffer.from(path))).toBe(false)
  expect(ofB.includes(Buffer.from(SECRET_OF_A))).toBe(false)
  expect(ofB.includes(noise(300_000, 1).subarray(1000, 1100))).toBe(false)
  const keysOfA = readFileSync(join(a.place.data, 'room', 'key-ring')).subarray(-40, -8)
  expect(ofB.includes(keysOfA)).toBe(false)
  // The same search finds what is there: a test that cannot fail is worse than none.
  expect(bytesBelow(a.place.data).includes(Buffer.from(SECRET_OF_A))).toBe(true)
  expect(bytesBelow(a.place.data).includes(keysOfA)).toBe(true)
})

function bytesBelow(path: string): Buffer {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))))
}
