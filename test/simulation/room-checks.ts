/** What is looked at in a simulated room, and how its media are made to lie. */
import type { BlobStore } from '../../node/blobs/index.ts'
import type { Journal } from '../../node/journal/index.ts'
import { sha256 } from '../../node/platform/hash.ts'
import { cidOfDigest, digestOfCid } from '../../protocols/cid.ts'
import type { SimulatedDevice } from './simulated-device.ts'

/** Batches are on their way to the disk: it can be read there already, and no view has seen it. */
export function stillWrites({ exchange }: Journal): boolean {
  const rows = exchange.bucketHashes().flatMap(({ bucket }) => exchange.rowsOf(bucket))
  if (rows.length < exchange.writerCount()) return true
  return rows.some(({ writer, tips }) => {
    return exchange.next(Buffer.from(writer).toString('hex')) - 1 > Math.max(...tips.map(({ number }) => number))
  })
}

/** Every file under a blob's name has that blob's bytes, whoever looks. */
export function checkStoredBytes(device: SimulatedDevice, store: BlobStore): void {
  for (const [path, bytes] of device.disk.files()) {
    const name = /\/blobs\/[0-9a-f]\/[0-9a-f]\/([0-9a-f]{64})$/.exec(path)?.[1]
    if (name === undefined) continue
    const digest = Buffer.from(sha256(bytes))
    if (!store.has(cidOfDigest(Buffer.from(name, 'hex')))) continue
    if (digest.toString('hex') !== name) throw new Error(`${device.name}: ${path} has other bytes`)
  }
  for (const cid of store.cids()) {
    const hex = Buffer.from(digestOfCid(cid)).toString('hex')
    if (![...device.disk.files().keys()].some((path) => path.endsWith(hex)))
      throw new Error(`${device.name}: no file of ${cid}`)
  }
}

export function lieAboutSyncs(device: SimulatedDevice): void {
  const { journalStore } = device
  const write = journalStore.write.bind(journalStore)
  journalStore.write = (changes) => write(changes, { sync: false })
}
