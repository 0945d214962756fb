/** How one node asks another for bytes over HTTP: `GET /blob/<cid>` with `Joinery-Hop: 1` and one Range. */
import type { Cid } from '../../protocols/cid.ts'

/** Lower case, as Node gives the names of headers. */
export const HOP_HEADER = 'joinery-hop'
/** Of a node that has only some pieces: its bitfield in base64url. At most 11 KB, Node reads heads up to 16 KiB. */
export const HAVE_HEADER = 'joinery-have'

export function blobPath(cid: Cid): string {
  return `/blob/${cid}`
}
