/** What is known of files and copies, as people are told it. */
import type { Cid } from '../../protocols/cid.ts'
import type { NodeId } from '../../protocols/message-stream.ts'

export interface DeviceFiles {
  heldFiles: number
  wantedFiles: number
  usedBytes: number
  missingBytes: number
  /** Nothing would be missed without it, as far as linked devices say. */
  safeToUnplug: boolean
  /** Why not, in one plain sentence. */
  unplugReason?: string
  /** No other linked device has them. */
  onlyHereFiles: number
  onlyHereBytes: number
  /** A guess from the present rate; absent when nothing moves. */
  remainingMs?: number
}

export interface FilesReport {
  /** Devices known to hold it, this one included. */
  copiesOf(cid: Cid): number
  /** Fewer devices than its policy asks for are known to hold it. */
  isShortOfCopies(cid: Cid): boolean
  device(node: NodeId): DeviceFiles
}
