/**
 * Three devices against one: thirty curl downloads from one device and from three, each behind 20 Mbit/s, the first copy of a new file, and a bare device that joins a large room.
 *
 *     npm run bench -- three-devices [--megabytes 2] [--copy 200] [--files 2000]
 *
 * Goals: three devices give at least 2.7 times what one gives; the new file reaches all three while no access carries it twice; a device that was just
 * started serves its first page and file within 5 s.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { download, holds, type NarrowDevice, NarrowRoom } from '../integration/three-devices-kit.ts'
import { until } from '../kit/child.ts'

const MEGABITS = 20
const CLIENTS = 30

function number(name: string, standard: number): number {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? standard : Number(process.argv[at + 1])
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}

const sizeBytes = number('megabytes', 2) * 1e6
const copyBytes = number('copy', 200) * 1e6
const files = number('files', 2000)

await using room = await NarrowRoom.make()
const first = await room.device('first')
const others = [await room.device('second'), await room.device('third')]
const all: NarrowDevice[] = [first, ...others]
const nodes = [await room.found(first)]
const invitation = await room.invite(first)
for (const [i, other] of others.entries())
  nodes.push(await room.start(other, ['--name', `device-${i + 2}`, '--join', invitation]))
room.file('held', 'held.bin', sizeBytes)
await room.importFolder(first, 'held')
for (const node of nodes) await holds(node, sizeBytes)
for (const { cable } of all) await cable.narrow(MEGABITS)

const path = '/installers/held.bin'
const one = await seconds(() => download(room.learners, `${first.url}${path}`, CLIENTS, sizeBytes))
const three = await seconds(() =>
  Promise.all(all.map(({ url }) => download(room.learners, `${url}${path}`, CLIENTS / all.length, sizeBytes)))
)
const rate = (took: number): string => `${((CLIENTS * sizeBytes * 8) / took / 1e6).toFixed(1)} Mbit/s`
console.log(`${CLIENTS} downloads of ${sizeBytes / 1e6} MB, each device behind ${MEGABITS} Mbit/s`)
console.log(`  one device     ${one.toFixed(1)} s  ${rate(one)}`)
console.log(`  three devices  ${three.toFixed(1)} s  ${rate(three)}`)
console.log(`  ratio          ${(one / three).toFixed(2)} (goal 2.7)`)

room.file('new', 'new.bin', copyBytes)
const before = await Promise.all(all.map(({ cable }) => cable.count()))
const copied = await seconds(async () => {
  await room.importFolder(first, 'new')
  await Promise.all(nodes.map((node) => holds(node, sizeBytes + copyBytes, 600_000)))
})
const after = await Promise.all(all.map(({ cable }) => cable.count()))
console.log(`first copy of a new file of ${copyBytes / 1e6} MB to two more: ${copied.toFixed(1)} s; over each access`)
for (const [i, { sentBytes, receivedBytes }] of after.entries()) {
  const sent = (sentBytes - (before[i]?.sentBytes ?? 0)) / copyBytes
  const received = (receivedBytes - (before[i]?.receivedBytes ?? 0)) / copyBytes
  console.log(`  device ${i + 1}  sent ${sent.toFixed(2)} ×  received ${received.toFixed(2)} ×`)
}

for (let i = 0; i < files; i++) {
  if (i === 0) room.file('many', '0.bin', 1000)
  else writeFileSync(join(room.path, 'many', `${i}.bin`), `file ${i} of the room\n`.repeat(50))
}
await room.importFolder(first, 'many')
const bare = await room.device('bare', MEGABITS)
const started = performance.now()
const since = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`
await room.start(bare, ['--name', 'bare', '--join', invitation])
console.log(`a bare device in a room of ${files} files and ${((sizeBytes + copyBytes) / 1e6).toFixed(0)} MB`)
console.log(`  ready                  ${since()}`)
for (const [what, asked] of [
  ['first page', '/'],
  ['first small file', `/installers/${files - 1}.bin`],
  ['first 2 MB file', path]
] as const) {
  await until(what, async () => {
    const { code } = await room.learners.runAnyway(['curl', '-sf', '-o', '/dev/null', `${bare.url}${asked}`])
    return code === 0
  })
  console.log(`  ${what.padEnd(22)} ${since()}`)
}
