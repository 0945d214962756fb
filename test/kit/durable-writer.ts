/**
 * A program that writes and prints a line for each thing that it was told is durable. The power-cut and kill tests run it, stop it
 * and look whether what it printed is there: `node durable-writer.ts KIND FOLDER SEED`; one of the kinds ends after COUNT.
 */
import { mkdirSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nodeDisk } from '../../node/platform/disk.ts'
import { writeDurably } from '../../node/platform/durable-file.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { writeBlobs } from './durable-blobs.ts'

export type WriterKind = 'files' | 'files-unsynced' | 'files-names-unsynced' | 'blobs' | 'blobs-one-by-one'
/** Says that something is durable. Written at once, so that whoever stops us knows it. */
export type Acknowledge = (what: string) => void

/** Content that a checker can tell from garbage: its own number over and over. */
export function numberedBytes(number: number): Uint8Array {
  return new Uint8Array(Buffer.from(`${number}\n`.repeat(200 + (number % 1000))))
}

async function writeFiles(folder: string, how: WriterKind, acknowledge: Acknowledge): Promise<never> {
  mkdirSync(folder, { recursive: true })
  for (let number = 0; ; number++) {
    const path = join(folder, `${number}.txt`)
    if (how === 'files') await writeDurably(nodeDisk, path, numberedBytes(number))
    else await writeCarelessly(path, numberedBytes(number), how === 'files-names-unsynced')
    acknowledge(String(number))
  }
}

/** What the tests must be able to catch. */
async function writeCarelessly(path: string, bytes: Uint8Array, syncData: boolean): Promise<void> {
  const file = await nodeDisk.open(`${path}.new`, 'create')
  await file.write(bytes, 0)
  if (syncData) await file.sync()
  await file.close()
  renameSync(`${path}.new`, path)
}

async function main(): Promise<void> {
  const [kind = '', folder = '', seed = '1', count = '1'] = process.argv.slice(2)
  const acknowledge: Acknowledge = (what) => void writeSync(1, `ack ${what}\n`)
  if (kind === 'blobs') await writeBlobs(folder, { seed: Number(seed), atOnce: 8 }, acknowledge)
  else if (kind === 'blobs-one-by-one')
    await writeBlobs(folder, { seed: Number(seed), atOnce: 1, count: Number(count) }, acknowledge)
  else await writeFiles(folder, kind as WriterKind, acknowledge)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await main()
    process.exit(0)
  } catch (error) {
    // A full or broken disk: said in a line of its own, so that the tests can tell it from a crash.
    if (!(error instanceof JoineryError)) throw error
    writeSync(1, `refused ${error.code}\n`)
    process.exit(0)
  }
}
