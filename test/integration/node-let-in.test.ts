/** A device that was turned away before and is let in now, on a cable that gives it nothing but a link-local IPv6 address. */
import { createHash, randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blobLayout } from '../../node/blobs/layout.ts'
import type { VerifyResult } from '../../node/control/operations.ts'
import { cidOfDigest } from '../../protocols/cid.ts'
import { Child, until } from '../kit/child.ts'
import { type Device, NetworkLab } from '../kit/network-lab.ts'
import { JOINERY, joinery, joineryAnyway, joineryJson, type NodePlace, NodeProcess } from '../kit/node-process.ts'
import { temporaryFolder } from '../kit/temporary-folder.ts'

const PORTS = ['--port', '8080', '--mesh-port', '4417']
const PAGE = '/installers/setup.txt'

/** What a browser on the device itself sees. */
async function page(device: Device, path: string): Promise<string> {
  return (await device.runAnyway(['curl', '--silent', '--fail', `http://[::1]:8080${path}`])).stdout
}

async function ask(place: NodePlace, device: Device, name: string): Promise<{ child: Child; code: string }> {
  const child = new Child(device.inside([...JOINERY, 'start', '--data', place.data, ...PORTS, '--name', name, '--ask']))
  const code = await until(`${name} shows a code`, () => /Code: (\d{3} \d{3})/.exec(child.stderr)?.[1])
  return { child, code }
}

test('is linked and shows the room its pages through a peer, which it reaches over HTTP in its zone; verify waits until what rotted is repaired from there', async () => {
  using folder = temporaryFolder()
  await using lab = await NetworkLab.make()
  const cable = await lab.network()
  const [one, two] = [await lab.device('one'), await lab.device('two')]
  for (const device of [one, two]) await device.plug(cable, { ipv4: false })
  const first: NodePlace = { data: join(folder.path, 'first'), device: one }
  const second: NodePlace = { data: join(folder.path, 'second'), device: two }
  const box = join(folder.path, 'box')
  mkdirSync(box)
  writeFileSync(join(box, 'setup.txt'), 'how to begin')
  const large = randomBytes(3 * 2 ** 20)
  writeFileSync(join(box, 'large.bin'), large)
  await joinery(first, ['init', '--name', 'Greenhouse'])
  await joinery(first, ['import', box, '--as', 'installers'])
  await using _first = await NodeProcess.start(first, [...PORTS, '--name', 'first'])

  const declined = await ask(second, two, 'second')
  await using _declined = declined.child
  const wrong = declined.code === '123 456' ? '654 321' : '123 456'
  expect((await joineryAnyway(first, ['approve', 'second', wrong])).stderr).toContain('CODE_DIFFERS')
  expect([await declined.child.ended, declined.child.stderr]).toEqual([1, expect.stringContaining('ASK_DECLINED')])

  const again = await ask(second, two, 'second')
  await using _again = again.child
  await joinery(first, ['approve', 'second', again.code])
  await again.child.line(/Joinery is ready/)
  await until('it shows a page that the other one has', async () => (await page(two, PAGE)) === 'how to begin')
  const { stdout } = await joinery(second, ['peers', '--json'])
  expect(stdout).toMatch(/fe80::[0-9a-f:]+%eth0/)

  const requests = async (): Promise<number> =>
    Number(/^joinery_http_requests_total (\d+)$/m.exec(await page(one, '/metrics'))?.[1])
  const { stdout: sum } = await two.run([
    'sh',
    '-c',
    'curl --silent --fail http://[::1]:8080/installers/large.bin | sha256sum'
  ])
  expect(sum).toContain(createHash('sha256').update(large).digest('hex'))
  // Nobody visits the first one's pages: what came there came from the second.
  expect(await requests()).toBeGreaterThan(1)

  const file = blobLayout(join(second.data, 'blobs')).fileOf(cidOfDigest(createHash('sha256').update(large).digest()))
  await until('it is copied', () => existsSync(file))
  // One byte, in place: a card that forgets.
  const damaged = openSync(file, 'r+')
  writeSync(damaged, Buffer.of((large[4711] ?? 0) ^ 1), 0, 1, 4711)
  closeSync(damaged)
  const { rotten } = await joineryJson<VerifyResult>(second, ['verify'])
  expect(rotten).toEqual([expect.objectContaining({ path: 'installers/large.bin', repaired: true })])
  expect(readFileSync(file).equals(large)).toBe(true)
  expect(await again.child.signal('SIGTERM')).toBe(0)
})
