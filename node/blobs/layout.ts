/**
 * Where things lie in the blob folder:
 *
 *     blobs/a/b/ab…64 hex   complete files only; `sha256sum` of one prints its own name
 *     incoming/             being written or just fetched; emptied at each start
 *     partial/<hex>         a big blob that is being fetched, beside `<hex>.have`, the bitfield of its verified pieces
 *     quarantine/<hex>      found rotten; removed once the blob is whole again
 *
 * Two levels of one hex digit make 256 folders: 300 files in each at 75,000 blobs, few enough to list all of them at each start
 * and to share directory syncs. Two levels of two digits would make 65,536 folders of one file, 4 KiB and one more sync each.
 */
import { join } from 'node:path'
import { type Cid, cidOfDigest, DIGEST_BYTES, digestOfCid } from '../../protocols/cid.ts'

const HEX = '0123456789abcdef'
const HEX_NAME = /^[0-9a-f]{64}$/

export interface BlobLayout {
  readonly root: string
  readonly incoming: string
  readonly partials: string
  readonly quarantine: string
  /** All folders that blobs lie in. */
  folders(): string[]
  folderOf(cid: Cid): string
  fileOf(cid: Cid): string
  partialOf(cid: Cid): string
  bitsOf(cid: Cid): string
  quarantineOf(cid: Cid): string
}

export function blobLayout(root: string): BlobLayout {
  const blobs = join(root, 'blobs')
  const folder = (hex: string): string => join(blobs, hex[0] as string, hex[1] as string)
  const partials = join(root, 'partial')
  const quarantine = join(root, 'quarantine')
  return {
    root,
    incoming: join(root, 'incoming'),
    partials,
    quarantine,
    folders: () => [...HEX].flatMap((a) => [...HEX].map((b) => join(blobs, a, b))),
    folderOf: (cid) => folder(hexOfCid(cid)),
    fileOf(cid) {
      const hex = hexOfCid(cid)
      return join(folder(hex), hex)
    },
    partialOf: (cid) => join(partials, hexOfCid(cid)),
    bitsOf: (cid) => join(partials, `${hexOfCid(cid)}.have`),
    quarantineOf: (cid) => join(quarantine, hexOfCid(cid))
  }
}

export function hexOfCid(cid: Cid): string {
  const digest = digestOfCid(cid)
  return Buffer.from(digest.buffer, digest.byteOffset, DIGEST_BYTES).toString('hex')
}

/** The blob that a file of this name would hold; undefined for a name that is not ours. */
export function cidOfFileName(name: string): Cid | undefined {
  return HEX_NAME.test(name) ? cidOfDigest(new Uint8Array(Buffer.from(name, 'hex'))) : undefined
}
