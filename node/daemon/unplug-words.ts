import type { NodeId } from '../../protocols/message-stream.ts'
import type { RoomRuntime } from './room-runtime.ts'

export interface UnplugWords {
  /** Nothing would be missed. */
  safe: boolean
  /** Why not, in one plain sentence. */
  reason?: string
  onlyHereFiles: number
  onlyHereBytes: number
}

/** Whether a device may be unplugged. One that nobody is linked to is gone already: what it alone held is not known. */
export function unplugWords(runtime: RoomRuntime, node: NodeId, linked: boolean): UnplugWords {
  const copies = linked ? runtime.blobs.device(node) : undefined
  if (!copies) return { safe: false, reason: 'It is not connected.', onlyHereFiles: 0, onlyHereBytes: 0 }
  const { lost, safe } = copies.unplug
  const only = { onlyHereFiles: lost.blobs, onlyHereBytes: lost.bytes }
  if (!safe) return { safe, reason: 'Some files are on this device only.', ...only }
  if (runtime.collections.pending().length > 0) {
    return { safe: false, reason: 'This device does not know yet what the room holds.', ...only }
  }
  return { safe, ...only }
}
