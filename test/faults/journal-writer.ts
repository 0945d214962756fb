/** Appends to a journal and prints what was acknowledged: `node journal-writer.ts FOLDER SEED [COUNT]`. So many entries, one after the other; or for ever, and the fault tests stop it. */
import { writeSync } from 'node:fs'
import { createJournal, type Journal, type OpenJournalInit, openJournal } from '../../node/journal/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { openLevel } from '../../node/platform/key-value.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { believingAuthority, certifier, noSeal } from '../kit/journal-pieces.ts'
import { seededRandom } from '../kit/seeded-random.ts'

/** Opens the journal in `folder` as the node `a`. */
export async function openFolder(folder: string): Promise<Journal> {
  const store = await openLevel(folder)
  return createJournal(
    {
      store,
      clock: systemClock,
      random: systemRandom,
      authority: believingAuthority,
      certify: certifier('a'),
      seal: noSeal
    },
    { node: 'a', understood: new Map() }
  )
}

/** The same as a device opens it: with repair, and with an eye on free space. */
export function openReal(folder: string, more: Partial<OpenJournalInit> = {}): Promise<Journal> {
  const pieces = { authority: believingAuthority, certify: certifier('a'), seal: noSeal }
  return openJournal(
    { disk: nodeDisk, clock: systemClock, random: systemRandom, ...pieces },
    { folder, node: 'a', understood: new Map(), ...more }
  )
}

async function main(folder: string, seed: number, count: number): Promise<void> {
  const random = seededRandom(seed)
  const journal = await openReal(folder, { reserveBytes: 0 })
  // The clock's timers do not keep a process alive.
  setInterval(() => undefined, 1000)
  const caller = async (): Promise<void> => {
    for (let left = count; left > 0; left--) {
      const body = random.bytes(1 + random.below(2000))
      const [stamp] = await journal.append([{ topic: 't', kind: 'set', version: 1, body }])
      writeSync(1, `ack ${stamp?.writer} ${stamp?.number} ${stamp?.index}\n`)
    }
  }
  await Promise.all(Array.from({ length: count === Infinity ? 8 : 1 }, caller))
}

const [, program, folder, seed, count] = process.argv
if (program === import.meta.filename && folder) {
  try {
    await main(folder, Number(seed), count === undefined ? Infinity : Number(count))
    process.exit(0)
  } catch (error) {
    if (!(error instanceof JoineryError)) throw error
    writeSync(1, `refused ${error.code}\n`)
    process.exit(0)
  }
}
