/** Which blobs belong to one file of a collection. */
import { isCid } from '../../protocols/cid.ts'
import type { BlobRef } from '../../protocols/content.ts'
import type { LineFile } from '../../protocols/manifest-shard.ts'
import { pieceListBytes } from '../../protocols/piece-list.ts'

export function refOf({ cid, sizeBytes, pieces }: BlobRef): BlobRef {
  return pieces ? { cid, sizeBytes, pieces } : { cid, sizeBytes }
}

/** A file's piece list and attachments. */
export function companionsOf(file: LineFile): BlobRef[] {
  const pieces = file.pieces ? [{ cid: file.pieces, sizeBytes: pieceListBytes(file.sizeBytes) }] : []
  return [...pieces, ...attachmentsOf(file.details)]
}

/** An attachment `x` stands in the details as its CID under `x` and its size under `xBytes`. */
function attachmentsOf(details: LineFile['details']): BlobRef[] {
  return Object.entries(details).flatMap(([name, cid]) => {
    const sizeBytes = details[`${name}Bytes`]
    return typeof cid === 'string' && typeof sizeBytes === 'number' && isCid(cid) ? [{ cid, sizeBytes }] : []
  })
}
