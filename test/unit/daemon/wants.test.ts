import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_NAME_CHARACTERS, MAX_WANTS, MAX_WANTS_OF_ONE, MAX_WHO, Wants } from '../../../node/daemon/wants.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { readCsv, writeCsv } from '../../../protocols/csv.ts'
import { wantRows } from '../../../protocols/wants.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { temporaryFolder } from '../../kit/temporary-folder.ts'

const want = (name: string) => ({ collection: 'pypi', name })
const laptop = (number: number): string => `192.168.${Math.floor(number / 200)}.${(number % 200) + 1}`
const namesOf = (wants: Wants): string[] => wants.list().map(({ name }) => name)

test('what most laptops asked for comes first, then what was asked for most often; for another Python it is another want', () => {
  const wants = new Wants()
  wants.add({ ...want('numpy'), target: 'cp312' }, laptop(1))
  wants.add({ ...want('numpy'), target: 'cp312' }, laptop(2))
  for (let i = 0; i < 9; i++) wants.add({ ...want('torch'), target: 'cp313' }, laptop(1))
  wants.add({ ...want('torch'), target: 'cp312' }, laptop(1))
  expect(wants.list()).toEqual([
    { ...want('numpy'), target: 'cp312', count: 2, learners: 2, who: [laptop(2), laptop(1)] },
    { ...want('torch'), target: 'cp313', count: 9, learners: 1, who: [laptop(1)] },
    { ...want('torch'), target: 'cp312', count: 1, learners: 1, who: [laptop(1)] }
  ])
})

test('so many are kept; one more, and the one that one laptop asked for longest ago is forgotten', () => {
  const wants = new Wants()
  for (let i = 0; i < MAX_WANTS; i++) wants.add(want(`package-${i}`), laptop(i))
  wants.add(want('package-0'), laptop(0))
  wants.add(want('package-1'), laptop(900))
  expect(wants.list()).toHaveLength(MAX_WANTS)
  wants.add(want('one more'), laptop(901))
  const names = new Set(namesOf(wants))
  expect([names.size, names.has('package-0'), names.has('package-1'), names.has('package-2')]).toEqual([
    MAX_WANTS,
    true,
    true,
    false
  ])
})

test('one laptop takes so many places and no more: what it asks for beyond pushes out its own', () => {
  const wants = new Wants()
  for (let i = 0; i < 50; i++) wants.add(want(`wished-${i}`), laptop(i))
  for (let i = 0; i < MAX_WANTS_OF_ONE; i++) wants.add(want(`flood-${i}`), '::ffff:10.0.0.9')
  expect(wants.list()).toHaveLength(50 + MAX_WANTS_OF_ONE)
  for (let i = MAX_WANTS_OF_ONE; i < 5 * MAX_WANTS; i++) wants.add(want(`flood-${i}`), '::ffff:10.0.0.9')
  expect(namesOf(wants).filter((name) => name.startsWith('wished-'))).toHaveLength(50)
  expect(wants.list()).toHaveLength(50 + MAX_WANTS_OF_ONE)
  // Another address of the same IPv6 network is the same laptop.
  for (let i = 0; i < 2 * MAX_WANTS; i++) wants.add(want(`six-${i}`), `fd00::${i.toString(16)}`)
  expect(wants.list()).toHaveLength(50 + 2 * MAX_WANTS_OF_ONE)
})

test('a long name is cut and so many addresses are kept, so that what strangers send takes little memory', () => {
  const wants = new Wants()
  wants.add(want('x'.repeat(MAX_NAME_CHARACTERS)), laptop(0))
  wants.add(want('x'.repeat(MAX_NAME_CHARACTERS + 1)), laptop(0))
  expect(wants.list()).toEqual([{ ...want('x'.repeat(MAX_NAME_CHARACTERS)), count: 2, learners: 1, who: [laptop(0)] }])
  for (let i = 0; i < MAX_WHO + 5; i++) wants.add(want('numpy'), laptop(i))
  const [numpy] = wants.list()
  expect([numpy?.who.length, numpy?.learners, numpy?.who[0]]).toEqual([MAX_WHO, MAX_WHO, laptop(MAX_WHO + 4)])
})

test('they outlive a restart, written seldom; a file that says nonsense is told and replaced', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'wants.json')
  const problems: unknown[] = []
  const clock = new SimulatedClock(new SimulatedTime())
  const open = async (): Promise<Wants> => {
    const wants = new Wants()
    await wants.keepIn({ disk: nodeDisk, clock, onProblem: (error) => problems.push(error) }, path)
    return wants
  }
  const first = await open()
  first.add({ ...want('torch'), target: 'Python 3.12', client: { runs: 'Python', version: '3.12' } }, laptop(1))
  await first.stop()
  const second = await open()
  expect(second.list()).toEqual(first.list())
  expect(second.list()).toMatchObject([{ runs: 'Python', version: '3.12', who: [laptop(1)] }])
  await second.stop()
  writeFileSync(path, '{"wants":[{"collection":"pypi"},7,{"collection":"pypi","name":"a","count":-1}]}')
  expect((await open()).list()).toEqual([])
  expect(problems).toEqual([])
  writeFileSync(path, 'no JSON')
  const fourth = await open()
  expect(problems).toHaveLength(1)
  fourth.add(want('numpy'), laptop(1))
  await fourth.stop()
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ wants: [{ name: 'numpy' }] })
})

test('as a table, a name that a spreadsheet would run is text', () => {
  const wants = new Wants()
  wants.add(
    { collection: 'pypi', name: '=cmd()', client: { runs: 'Python', system: 'Linux', cpu: 'x86_64' } },
    laptop(1)
  )
  wants.add({ collection: 'pypi', name: '=cmd()' }, laptop(2))
  const [head, row] = readCsv(writeCsv(wantRows(wants.list())))
  expect(head).toEqual(['collection', 'name', 'runs', 'version', 'system', 'cpu', 'learners', 'count', 'who'])
  expect(row?.[1]).toBe("'=cmd()")
  expect(row?.[8]).toBe(`${laptop(2)} ${laptop(1)}`)
})
