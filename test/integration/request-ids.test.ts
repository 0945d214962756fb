/** One request, one name in the logs of every device that has to do with it; and nothing that a visitor sends makes a line of its own there. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildSample } from '../../node/demo/sample/build.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { until } from '../kit/child.ts'
import { joinery, joineryJson } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'
import { NoteClient } from '../unit/notes/note-client.ts'
import { dataOf, Learner, type Started, startNode, startRoom } from './cloud-kit.ts'
import { rawRequest, statusOf } from './http-kit.ts'

interface Line {
  level: number
  msg: string
  request?: string
  url?: string
  what?: string
}

/** What a device has written; beside records stands only what it says to a person when it starts. */
function linesOf({ node }: Started): Line[] {
  const whole = node.child.stderr.slice(0, node.child.stderr.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
}

const ID = 'a-lesson-about-birds-0001'
const DEBUG = ['--log-level', 'debug']

test('a request that one device serves through another one has one name on both, whatever way it takes', async () => {
  using folder = temporaryFolder()
  await buildSample(nodeDisk, join(folder.path, 'workshop'))
  await using left = await startRoom(dataOf(folder.path, 'left'), 'Hall', 'left', ...DEBUG)
  await joinery(left.place, ['import', join(folder.path, 'workshop')])
  for (const collection of ['lessons', 'pypi', 'cran', 'installers'])
    await joinery(left.place, ['policy', collection, 'on-demand'])
  const ana = await Learner.add(left, 'ana', folder.path)
  await ana.makeRepository(left.node, 'birds')
  const { text } = await joineryJson<{ text: string }>(left.place, ['invite', '--uses', '1'])
  await using right = await startNode(dataOf(folder.path, 'right'), ['--join', text, '--name', 'right', ...DEBUG])
  const at = right.node.address
  const ask = (path: string, id: string): Promise<Response> =>
    fetch(new URL(path, at), { headers: { 'x-request-id': id } })
  const named = (device: Started, id: string): Line[] => linesOf(device).filter(({ request }) => request === id)

  // Bytes, from device to device over HTTP.
  const { contents } = (await (await fetch(new URL('/api/room', left.node.address))).json()) as {
    contents: { lessons: { href: string }[] }
  }
  const href = contents.lessons[0]?.href ?? ''
  const answer = await until('the lesson is on the other device as well', async () => {
    const found = await ask(href, ID)
    await found.arrayBuffer()
    return found.status === 200 ? found : undefined
  })
  expect(answer.headers.get('x-request-id')).toBe(ID)
  await until('both have told of it', async () => {
    const [here, there] = [named(right, ID), named(left, ID)]
    return here.some(({ url }) => url === href) && there.some(({ url }) => url?.startsWith('/blob/'))
  })

  // Git, through a stream of the mesh to the repository's home.
  await until('the repository is known there', async () => {
    const refs = await ask('/ana/birds.git/info/refs?service=git-upload-pack', 'git-request-0001')
    await refs.arrayBuffer()
    return refs.status === 200 && named(left, 'git-request-0001').some(({ what }) => what !== undefined)
  })

  // A note's socket.
  const { port } = new URL(at)
  const client = new NoteClient(Number(port || 80), 'birds', {
    token: 'token-of-the-first-writer',
    headers: { 'x-request-id': 'note-request-0001' }
  })
  await client.synced()
  expect(named(right, 'note-request-0001').map(({ msg }) => msg)).toContain('a note is opened')
  client.destroy()

  // A visitor whom another device sent here.
  const sent = await fetch(new URL('/blob/none/x?for=pypi&request=sent-request-0001', at))
  await sent.arrayBuffer()
  expect(sent.headers.get('x-request-id')).toBe('sent-request-0001')

  // What is no name of a request gets another one, and what has the characters that end a line or a value stays inside of it.
  const port2 = Number(port || 80)
  const bad = ['short', 'x'.repeat(65), 'with blank', '"},{"level":60', '\u001b[2Jxxxxxxxx']
  for (const id of bad) {
    const reply = await rawRequest(port2, `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: ${id}`)
    if (statusOf(reply) === 200) expect(reply).toMatch(/x-request-id: [0-9a-f]{16}\r\n/i)
    else expect(statusOf(reply)).toBe(400)
  }
  for (const path of [
    '/%0a{"level":60,"msg":"forged"}',
    '/"}{"level":60,"msg":"forged"}',
    '/none?%1b[2J',
    '/blob/x?request=%0aforged'
  ])
    await rawRequest(port2, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {"level":60}`)
  for (const device of [left, right]) {
    for (const { level, msg, request } of linesOf(device)) {
      expect([level, msg]).not.toEqual([60, 'forged'])
      if (request !== undefined) expect(request).toMatch(/^[A-Za-z0-9-]{8,64}$/)
    }
    expect(device.node.child.stderr).not.toContain('\u001b')
    expect(device.node.child.stderr).not.toMatch(/^[^{].*forged/m)
  }
})
