import type { NodeId } from '../../protocols/message-stream.ts'
import { UNPLUG_REASONS, type UnplugCode } from '../../protocols/unplug-code.ts'
import type { RoomRuntime } from './room-runtime.ts'

export interface UnplugWords {
  /** Nothing would be missed. */
  safe: boolean
  /** Why not, for a page. */
  code?: UnplugCode
  /** The same in one plain sentence. */
  reason?: string
  onlyHereFiles: number
  onlyHereBytes: number
}

/** Whether a device may be unplugged. One that nobody is linked to is gone already: what it alone held is not known. */
export function unplugWords(runtime: RoomRuntime, node: NodeId, linked: boolean): UnplugWords {
  const copies = linked ? runtime.blobs.device(node) : undefined
  if (!copies) return { safe: false, ...because('not-connected'), onlyHereFiles: 0, onlyHereBytes: 0 }
  const { lost, safe } = copies.unplug
  const only = { onlyHereFiles: lost.blobs, onlyHereBytes: lost.bytes }
  if (!safe) return { safe, ...because('only-here'), ...only }
  if (runtime.collections.pending().length > 0) return { safe: false, ...because('room-unknown'), ...only }
  return { safe, ...only }
}

function because(code: UnplugCode): { code: UnplugCode; reason: string } {
  return { code, reason: UNPLUG_REASONS[code] }
}
