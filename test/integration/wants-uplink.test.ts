/**
 * What a learner asked for in vain is fetched where there is internet, and then installs from another device that has none: with real pip and R, in
 * networks of their own, through a device that is killed in the middle of it.
 */
import { randomFillSync } from 'node:crypto'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FetchWantsResult, WantFetchingStatus } from '../../node/control/want-operations.ts'
import type { Want } from '../../protocols/wants.ts'
import { BUILDER, sdist, type WheelInit, wheel, wheelFileName } from '../fixtures/python-packages.ts'
import { type RPackageInit, rSource } from '../fixtures/r-packages.ts'
import { type Child, type RunResult, until } from '../kit/child.ts'
import { type Cable, type Device, NetworkLab } from '../kit/network-lab.ts'
import { joinery, joineryAnyway, joineryJson, type NodePlace, NodeProcess, operationsOf } from '../kit/node-process.ts'
import { RealPip, RealR } from '../kit/real-clients.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const HTTP_PORT = 8080
const INTERNET = join(import.meta.dirname, 'upstream-programs/internet.ts')
/** Half of it comes before the line is cut. */
const BIG_BYTES = 3e6

const folder = temporaryFolder()
let lab: NetworkLab
let internet: Child
let uplink: Device
let place: NodePlace
let other: NodePlace
let pip: RealPip
let r: RealR
let otherUrl = ''
let uplinkUrl = ''
let plugIn: () => Promise<Cable>
const nodes: NodeProcess[] = []

beforeAll(async () => {
  lab = await NetworkLab.make()
  const hall = await lab.network()
  const outside = await lab.network()
  const [server, laptop, second] = await Promise.all(['internet', 'laptop', 'second'].map((name) => lab.device(name)))
  uplink = await lab.device('uplink')
  if (!server || !laptop || !second) throw new Error('no devices')
  const { address } = await server.plug(outside)
  uplinkUrl = `http://${(await uplink.plug(hall)).address}:${HTTP_PORT}`
  await laptop.plug(hall)
  otherUrl = `http://${(await second.plug(hall)).address}:${HTTP_PORT}`
  plugIn = () => uplink.plug(outside)
  publish()
  internet = server.start([process.execPath, INTERNET, folder.path, '80', 'alpha-1.0-py3-none-any.whl'])
  await internet.line(/^ready/)
  const env = { JOINERY_PYTHON_INDEX: `http://${address}/simple/`, JOINERY_R_MIRROR: `http://${address}/` }
  place = { data: join(folder.path, 'first'), device: uplink, env }
  other = { data: join(folder.path, 'second'), device: second }
  ;[pip] = await Promise.all([RealPip.make(join(folder.path, 'venv'), laptop), startRoom()])
  r = new RealR(join(folder.path, 'library'), laptop)
})
afterAll(async () => {
  for (const node of nodes) await node[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** alpha needs beta, whose metadata only the file has; beta needs gamma, which has to be built, and what was withdrawn; greeter needs helper. */
function publish(): void {
  const files = join(folder.path, 'files')
  const contrib = join(folder.path, 'src/contrib')
  for (const path of [files, contrib]) mkdirSync(path, { recursive: true })
  const big = randomFillSync(Buffer.allocUnsafe(BIG_BYTES))
  const wheels: WheelInit[] = [
    {
      name: 'alpha',
      version: '1.0',
      requires: ['beta>=1', "absent; os_name == 'nt'"],
      extra: [{ name: 'alpha/data', bytes: big }]
    },
    { name: 'beta', version: '1.5', requires: ['gamma', 'withdrawn==1.0'] },
    { name: 'withdrawn', version: '1.0' },
    { name: 'alpha', version: '2.0', tags: 'cp39-cp39-win_amd64' },
    BUILDER
  ]
  for (const init of wheels) writeFileSync(join(files, wheelFileName(init)), wheel(init))
  const needs =
    'Metadata-Version: 2.1\nName: alpha\nVersion: 1.0\nRequires-Dist: beta>=1\nRequires-Dist: absent; os_name == "nt"\n'
  writeFileSync(join(files, 'alpha-1.0-py3-none-any.whl.metadata'), needs)
  writeFileSync(join(files, 'withdrawn-1.0-py3-none-any.whl.yanked'), 'eats homework')
  writeFileSync(join(files, 'gamma-3.0.tar.gz'), sdist({ name: 'gamma', version: '3.0' }))
  const packages: RPackageInit[] = [
    { name: 'greeter', version: '1.0', fields: { Imports: 'helper (>= 1.1), utils' } },
    { name: 'helper', version: '1.2' }
  ]
  for (const init of packages) {
    const name = `${init.name}_${init.version}.tar.gz`
    writeFileSync(join(contrib, name), rSource(init))
    const fields = { Package: init.name, Version: init.version, ...init.fields }
    writeFileSync(
      join(contrib, `${name}.description`),
      Object.entries(fields)
        .map(([key, value]) => `${key}: ${value}\n`)
        .join('')
    )
  }
}

async function startRoom(): Promise<void> {
  await joinery(place, ['init', '--name', 'Greenhouse'])
  nodes.push(await start(place))
  const { text } = await joineryJson<{ text: string }>(place, ['invite'])
  nodes.push(await start(other, ['--join', text]))
}

function start(where: NodePlace, words: readonly string[] = []): Promise<NodeProcess> {
  return NodeProcess.start(where, ['--port', String(HTTP_PORT), '--mesh-port', '4001', ...words])
}

async function install(name: string): Promise<RunResult> {
  return await pip.install([
    '--index-url',
    `${otherUrl}/pypi/simple/`,
    '--trusted-host',
    new URL(otherUrl).hostname,
    name
  ])
}

/** Of what has come so far of the one file that is under way. */
function partBytes(): number {
  const fetching = join(folder.path, 'first', 'fetching')
  const sizes = readdirSync(fetching).map(
    (name) => statSync(join(fetching, name, 'part'), { throwIfNoEntry: false })?.size ?? 0
  )
  return Math.max(0, ...sizes)
}

/** Asked for again and again. */
const wanted = (where: NodePlace): Promise<Want[]> => operationsOf(where).wants()

test('asked for in vain, fetched at the uplink, and installed from a device without internet', async () => {
  await expect(install('alpha')).rejects.toThrow(/No matching distribution found for alpha/)
  // A device tells the others soon of the first, and of the next after minutes: the other one is asked for where the cable will be.
  await r
    .code(`install.packages("${uplinkUrl}/cran/src/contrib/greeter_0.9.tar.gz", repos = NULL)`)
    .catch(() => undefined)
  await until('the uplink knows of both', async () => {
    const names = (await wanted(place)).map(({ collection, name }) => `${collection}:${name}`)
    return names.sort().join(' ') === 'cran:greeter pypi:alpha'
  })

  // Without a cable there is nothing to be had, and everybody can see why.
  const tried = await joineryAnyway(place, ['wants', 'fetch', 'alpha'])
  expect(tried.stdout).toContain('UPSTREAM_UNREACHABLE')
  expect(tried.code).not.toBe(0)
  await until('the reason is told', async () =>
    (await wanted(other)).some(({ problem }) => problem === 'UPSTREAM_UNREACHABLE')
  )

  const cable = await plugIn()
  const { wants } = await joineryJson<FetchWantsResult>(place, ['wants', 'fetch', '--dry-run'])
  expect(wants.map(({ name, state, files }) => ({ name, state, files: [...files].sort() }))).toEqual([
    { name: 'alpha', state: 'planned', files: ['alpha-1.0-py3-none-any.whl', 'beta-1.5-py3-none-any.whl'] },
    { name: 'greeter', state: 'planned', files: ['src/contrib/greeter_1.0.tar.gz', 'src/contrib/helper_1.2.tar.gz'] }
  ])

  // The line is cut in the middle of a file, and the plug is pulled: the next start goes on by itself, where it was.
  expect(await joineryJson<WantFetchingStatus>(other, ['wants', 'automatic', 'on'])).toMatchObject({ automatic: true })
  await internet.line(/^held \/files\/alpha/)
  await until('half of the file has come', async () => partBytes() >= BIG_BYTES / 3)
  await nodes[0]?.kill()
  expect((await joineryAnyway(other, ['ls', 'pypi'])).stdout).not.toContain('alpha')
  nodes[0] = await start(place)
  await until('nothing is missing any more', async () => (await wanted(other)).length === 0)
  const resumed = internet.lines.map((line) => /^206 \/files\/alpha.* bytes=(\d+)-$/.exec(line)?.[1]).filter(Boolean)
  expect(resumed.length).toBeGreaterThan(0)
  expect(Number(resumed.at(-1))).toBeGreaterThan(BIG_BYTES / 3)
  expect(await joineryJson<WantFetchingStatus>(place, ['wants', 'automatic'])).toMatchObject({ automatic: true })

  // R names nothing that no list has, and what only a killed device was asked for may be forgotten: a person names it.
  const named = await joineryJson<FetchWantsResult>(place, ['wants', 'fetch', 'cran:greeter'])
  expect(named.wants).toMatchObject([{ name: 'greeter', state: expect.stringMatching(/^(?:fetched|here)$/) }])
  await until('the other device has heard of it', async () => {
    const { files } = await operationsOf(other).ls({ collection: 'cran', limit: 100 })
    return files.some(({ path }) => path.includes('greeter_1.0'))
  })

  await cable.unplug()
  // That a version was withdrawn, and why, came along from the index.
  expect((await install('alpha')).stderr).toContain('eats homework')
  expect(await pip.python('import alpha, beta, gamma; print(alpha.VERSION, beta.VERSION, gamma.VERSION)')).toBe(
    '1.0 1.5 3.0'
  )
  await r.install(['greeter'], `${otherUrl}/cran`)
  expect(await r.code('cat(greeter::version_said(), helper::version_said())')).toBe('1.0 1.2')
})
