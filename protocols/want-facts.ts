/** What people asked a device for in vain, as it tells the room: a register for each device, so that any device can show and export what the whole room lacks. */
import { type CborValue, isCborMap } from './cbor.ts'
import type { NewEntry } from './journal.ts'
import type { NodeId } from './message-stream.ts'
import type { Want } from './wants.ts'

export const WANTS_TOPIC = 'wants'
export const WANTS_KIND = 'wants-told'
export const WANT_FACT_VERSION = 1
/** What a facilitator can bring; 20 KB at most. The rest stays on its device. */
export const MAX_TOLD_WANTS = 100
/** Enough to see who, or that it is many. */
export const MAX_TOLD_WHO = 8
export const MAX_WANT_TEXT_CHARACTERS = 200

export interface ToldWants {
  node: NodeId
  wants: readonly Want[]
}

const TEXTS = ['collection', 'name', 'target', 'runs', 'version', 'system', 'cpu'] as const

export function wantsEntry({ node, wants }: ToldWants): NewEntry {
  const lines = wants.slice(0, MAX_TOLD_WANTS).map((want): CborValue => {
    const texts = TEXTS.map((name) => (want[name] ?? '').slice(0, MAX_WANT_TEXT_CHARACTERS))
    return [...texts, want.count, want.learners, want.who.slice(0, MAX_TOLD_WHO)]
  })
  // Addresses of laptops are for the devices, not for whoever finds a stick with the journal.
  return {
    ...{ topic: WANTS_TOPIC, kind: WANTS_KIND, version: WANT_FACT_VERSION, audience: 'nodes' },
    body: { node, wants: lines }
  }
}

/** @returns undefined for a body that says nothing we understand */
export function decodeToldWants(body: CborValue | undefined): ToldWants | undefined {
  if (!isCborMap(body)) return undefined
  const { node, wants } = body
  if (typeof node !== 'string' || node.length > 100 || !Array.isArray(wants) || wants.length > MAX_TOLD_WANTS)
    return undefined
  const read = wants.map(readWant)
  return read.includes(undefined) ? undefined : { node, wants: read.filter((want) => want !== undefined) }
}

function readWant(line: CborValue): Want | undefined {
  if (!Array.isArray(line) || line.length !== TEXTS.length + 3) return undefined
  const texts = line.slice(0, TEXTS.length)
  const [count, learners, who] = line.slice(TEXTS.length)
  if (!texts.every((text) => typeof text === 'string' && text.length <= MAX_WANT_TEXT_CHARACTERS)) return undefined
  if (!isCount(count) || !isCount(learners) || !Array.isArray(who) || who.length > MAX_TOLD_WHO) return undefined
  if (!who.every((one) => typeof one === 'string' && one.length <= MAX_WANT_TEXT_CHARACTERS)) return undefined
  const [collection = '', name = '', target, runs, version, system, cpu] = texts as string[]
  if (collection === '' || name === '') return undefined
  return {
    ...{ collection, name, count, learners, who: who as string[] },
    ...(target ? { target } : {}),
    ...(runs === 'Python' || runs === 'R' ? { runs } : {}),
    ...(version ? { version } : {}),
    ...(system ? { system } : {}),
    ...(cpu ? { cpu } : {})
  }
}

function isCount(value: CborValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}
