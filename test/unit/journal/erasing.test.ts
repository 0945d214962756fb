import { expect, test } from 'vitest'
import type { WriterAuthority } from '../../../node/journal/index.ts'
import { decodeCbor } from '../../../protocols/cbor.ts'
import { believingAuthority } from '../../kit/journal-pieces.ts'
import { allOf, openJournal, setEntry, type TestJournal } from './room.ts'

/** A cloud peer may read and not erase; nobody may erase the topic `kept`. */
const authority: WriterAuthority = {
  ...believingAuthority,
  mayErase(certificate, topic) {
    const [, node] = decodeCbor(certificate, 1024) as [string, string]
    return node !== 'cloud' && topic !== 'kept'
  }
}

const open = (node: string): Promise<TestJournal> => openJournal(node, undefined, { authority })
const erasedEntry = (topic: string) => ({
  topic: 'journal',
  kind: 'erased',
  version: 1,
  audience: 'public' as const,
  body: { topic }
})

async function copy(from: TestJournal, to: TestJournal): Promise<void> {
  const { writer, exchange } = from.journal
  for (let next: number | undefined = 0; next !== undefined; ) {
    const read = await exchange.read(writer, next, null)
    expect((await to.journal.exchange.take(read.batches.map(({ bytes }) => bytes))).refused).toBeUndefined()
    next = read.next
  }
  await to.journal.verify()
}

async function bodies({ journal }: TestJournal, topic: string): Promise<boolean[]> {
  return (await allOf(journal.entriesOf(topic))).map(({ body }) => body !== undefined)
}

test('who has no right to erase is told so, and writes nothing', async () => {
  const cloud = await open('cloud')
  await cloud.journal.append([setEntry('t', 'a', 1)])
  await expect(cloud.journal.erase('t')).rejects.toMatchObject({ code: 'ERASE_NOT_ALLOWED' })
  expect(await bodies(cloud, 't')).toEqual([true])
  expect(await allOf(cloud.journal.entriesOf('journal'))).toEqual([])
})

test('who writes the entry all the same erases nothing on any replica, whatever came first', async () => {
  const [cloud, one, two] = [await open('cloud'), await open('n1'), await open('n2')]
  await one.journal.append([setEntry('t', 'a', 1)])
  await copy(one, cloud)
  // In its first batch, and in a later one that has no certificate of its own.
  for (let i = 0; i < 2; i++) await cloud.journal.append([erasedEntry('t')])
  await copy(cloud, one)
  await copy(cloud, two)
  await copy(one, two)
  for (const replica of [cloud, one, two]) {
    expect(await bodies(replica, 't')).toEqual([true])
    expect((await replica.journal.verify()).hollow).toEqual([])
  }
})

test('who may, does so in any batch; what no device may erase stays', async () => {
  const [one, two] = [await open('n1'), await open('n2')]
  await one.journal.append([setEntry('t', 'a', 1), setEntry('kept', 'a', 1)])
  await copy(one, two)
  await two.journal.append([setEntry('t', 'b', 2)])
  await two.journal.append([erasedEntry('t'), erasedEntry('kept')])
  await copy(two, one)
  for (const replica of [one, two]) {
    expect(await bodies(replica, 't')).toEqual([false, false])
    expect(await bodies(replica, 'kept')).toEqual([true])
  }
})
