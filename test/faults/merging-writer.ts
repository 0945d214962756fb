/** Appends words to a journal and sets values for ever, merges old ones and lets overwritten ones go again and again, and prints what was acknowledged: `node merging-writer.ts FOLDER SEED`. */
import { writeSync } from 'node:fs'
import { type Journal, openJournal } from '../../node/journal/index.ts'
import { systemClock } from '../../node/platform/clock.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { systemRandom } from '../../node/platform/random.ts'
import { believingAuthority, certifier, noSeal } from '../kit/journal-pieces.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { setEntry, setRegisters } from '../unit/journal/room.ts'
import { wordMerger, words } from '../unit/journal/words.ts'

export function openMerging(folder: string): Promise<Journal> {
  const pieces = { authority: believingAuthority, certify: certifier('a'), seal: noSeal }
  return openJournal(
    {
      disk: nodeDisk,
      clock: systemClock,
      random: systemRandom,
      ...pieces,
      merger: wordMerger,
      registers: setRegisters
    },
    { folder, node: 'a', understood: new Map(), reserveBytes: 0 }
  )
}

async function main(folder: string, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const journal = await openMerging(folder)
  // The clock's timers do not keep a process alive.
  setInterval(() => undefined, 1000)
  const type = async (caller: number): Promise<void> => {
    for (let i = 0; ; i++) {
      const word = `${seed}-${caller}-${i}`
      await journal.append([words('a', `${word}:${'x'.repeat(1 + random.below(900))}`)])
      writeSync(1, `ack ${word}\n`)
      const key = `${caller}-${i % 3}`
      // Grows from one process to the next too.
      const value = Number(process.hrtime.bigint() / 1000n)
      await journal.append([setEntry('values', key, `${value}:${'x'.repeat(100)}`)])
      writeSync(1, `set ${key} ${value}\n`)
    }
  }
  const merge = async (): Promise<void> => {
    for (;;) {
      const batches = await journal.compact()
      writeSync(1, `merged ${batches}\n`)
      await new Promise((resolve) => setTimeout(resolve, random.below(30)))
    }
  }
  await Promise.all([type(1), type(2), merge()])
}

const [, program, folder, seed] = process.argv
if (program === import.meta.filename && folder) await main(folder, Number(seed))
