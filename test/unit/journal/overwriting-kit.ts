/** Registers that are set again and again, on journals that let overwritten values go. */
import type { Stamp } from '../../../protocols/journal.ts'
import { cheapSigning } from '../../simulation/cheap-signing.ts'
import {
  allOf,
  copyBatches,
  newStore,
  openJournal,
  registersFold,
  setEntry,
  setRegisters,
  type TestJournal
} from './room.ts'
import { wordMerger, words } from './words.ts'

export const PAD = 'x'.repeat(80)
export const more = { registers: setRegisters, merger: wordMerger, signing: cheapSigning }
export const open = (node: string, store = newStore(), extra = {}): Promise<TestJournal> =>
  openJournal(node, store, { ...more, ...extra })

/** Sets some registers again and again: `name-0` to `name-2`. */
export async function set({ journal }: TestJournal, from: number, count: number, topic = 't'): Promise<Stamp[]> {
  const stamps: Stamp[] = []
  for (let i = from; i < from + count; i++)
    stamps.push(...(await journal.append([setEntry(topic, `name-${i % 3}`, `${i}:${PAD}`)])))
  return stamps
}

export const valuesOf = async ({ journal }: TestJournal): Promise<{ [name: string]: string }> => {
  const { state } = await journal.view(registersFold('all', (topic) => topic !== 'journal'))
  return Object.fromEntries(Object.entries(state).map(([name, { value }]) => [name, String(value).split(':')[0] ?? '']))
}

/** What is still said, in stamp order. */
export async function saidOf({ journal }: TestJournal, topic = 't'): Promise<string[]> {
  const entries = await allOf(journal.entriesOf(topic))
  return entries.flatMap(({ body }) =>
    body === undefined ? [] : [String((body as { value: string }).value).split(':')[0] ?? '']
  )
}

export async function copyAll(...parameters: Parameters<typeof copyBatches>): Promise<void> {
  await copyBatches(...parameters)
  await settled(parameters[1])
}

/** Claims are acted on in the background. */
export const settled = async ({ journal }: TestJournal): Promise<void> => {
  await journal.verify()
  await journal.append([words('settle', 'x')])
}
