/** Cloud peers as the command line shows them. */
export type { CloudPeerStatus } from '../../protocols/cloud-peer-status.ts'

/** A room at a cloud peer. */
export interface CloudRoomStatus {
  id: string
  name: string
  /** Open since a device of it called; closed again when nobody talks to it. */
  open: boolean
  /** Connected just now. */
  devices: number
  diskBytes: number
  missingFiles: number
  missingBytes: number
  /** The room has unlinked this cloud peer; known once it was told, and until it is linked again. */
  unlinked: boolean
}
