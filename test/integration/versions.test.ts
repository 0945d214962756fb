/** What one device adds, takes back and removes is so on the other one; and what learners missed on either is told by both. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { HistoryVersion } from '../../node/control/operations.ts'
import type { Want } from '../../protocols/wants.ts'
import { wheel } from '../fixtures/python-packages.ts'
import { until } from '../kit/child.ts'
import { joinery, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { type TemporaryFolder, temporaryFolder } from '../kit/temporary-folder.ts'

let folder: TemporaryFolder
let place: NodePlace
let left: NodeProcess
let right: NodeProcess

beforeAll(async () => {
  folder = temporaryFolder()
  place = { data: join(folder.path, 'left') }
  await joinery(place, ['init', '--name', 'Two devices'])
  left = await NodeProcess.start(place)
  const invitation = await joineryJson<{ text: string }>(place, ['invite'])
  right = await NodeProcess.start({ data: join(folder.path, 'right') }, ['--join', invitation.text])
  await left.statusWhere(
    'both are linked',
    ({ overview }) => overview.devices.filter((one) => one.connected).length === 2
  )
})
afterAll(async () => {
  await left?.[Symbol.asyncDispose]()
  await right?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const answer = (node: NodeProcess, path: string): Promise<Response> =>
  fetch(new URL(path, node.address), { headers: { accept: 'application/vnd.pypi.simple.v1+json' } })

/** On the device that did nothing itself. */
function shows(path: string, expected: (text: string, status: number) => boolean): Promise<boolean> {
  return until(`${path} on the other device`, async () => {
    const response = await answer(right, path)
    const text = await response.text()
    if (!expected(text, response.status)) throw new Error(`not yet: ${response.status} ${text.slice(0, 100)}`)
    return true
  })
}

test('versions of a package come, go back and go away on all devices', async () => {
  const add = async (version: string): Promise<void> => {
    const file = join(folder.path, `seeds-${version}-py3-none-any.whl`)
    writeFileSync(file, wheel({ name: 'seeds', version }))
    await joinery(place, ['add', 'pypi', file])
  }
  const versions = (text: string): unknown => (text.startsWith('{') ? JSON.parse(text).versions : undefined)
  const has =
    (...expected: string[]) =>
    (text: string) =>
      JSON.stringify(versions(text)) === JSON.stringify(expected)
  await add('1.0')
  await shows('/pypi/simple/seeds/', has('1.0'))
  await add('2.0')
  await shows('/pypi/simple/seeds/', has('1.0', '2.0'))
  const history = (await joinery(place, ['history', 'pypi', '--json'])).stdout.trim()
  const [, before] = JSON.parse(history) as HistoryVersion[]
  await joinery(place, ['rollback', 'pypi', before?.version ?? '', '--yes'])
  await shows('/pypi/simple/seeds/', has('1.0'))
  await joinery(place, ['remove', 'pypi/seeds/', '--yes'])
  await shows('/pypi/simple/seeds/', (_, status) => status === 404)
})

test('a lesson that is added again with other pages is the new one everywhere, and the one before after a rollback', async () => {
  const source = join(folder.path, 'counting')
  const write = (text: string): void => {
    mkdirSync(source, { recursive: true })
    writeFileSync(join(source, 'index.html'), `<!doctype html><title>Counting</title><p>${text}</p>`)
  }
  write('One, two.')
  await joinery(place, ['add', 'lesson', source])
  await shows('/lessons/counting/', (text) => text.includes('One, two.'))
  write('One, two, three.')
  await joinery(place, ['add', 'lesson', source])
  await shows('/lessons/counting/', (text) => text.includes('One, two, three.'))
  const [, before] = JSON.parse((await joinery(place, ['history', 'lessons', '--json'])).stdout) as HistoryVersion[]
  await joinery(place, ['rollback', 'lessons', before?.version ?? '', '--yes'])
  await shows('/lessons/counting/', (text) => text.includes('One, two.'))
  rmSync(source, { recursive: true })
})

test('what learners asked the one device for is listed by the other', async () => {
  expect((await answer(left, '/pypi/simple/torch/')).status).toBe(404)
  const found = await until('the want on the other device', async () => {
    const wants = await joineryJson<Want[]>(right.place, ['wants'])
    const torch = wants.find(({ name }) => name === 'torch')
    if (!torch) throw new Error('not yet')
    return torch
  })
  expect(found).toMatchObject({ collection: 'pypi', count: 1, learners: 1 })
  const table = await (await answer(right, '/wants.csv')).text()
  expect(table).toContain('pypi,torch')
})
