import type { BlobStore } from '../blobs/index.ts'
import type { Membership } from '../room/index.ts'
import { type Device, FOLDERS } from './device.ts'

/** Of the free disk at the first start: the rest is for notes, git, logs and the system, which grow later. */
const OFFERED_SHARE = 0.8
/** Placement depends on it, so that small changes of the free disk must not move files about. */
const ROUNDED_BYTES = 100 * 2 ** 20

/**
 * What this device offers for files. It is written down once as a fact of the room, since every device computes placement from it;
 * the setting `capacity` changes it.
 */
export async function offeredCapacity(device: Device, store: BlobStore, membership: Membership): Promise<number> {
  const { config, disk, identity } = device
  const said = membership.view().members.get(identity.node)?.settings.capacityBytes
  if (config.capacityBytes === undefined && typeof said === 'number') return said
  const offered = config.capacityBytes ?? (await shareOfDisk())
  if (said !== offered) await membership.set(identity.node, 'capacityBytes', offered)
  return offered

  async function shareOfDisk(): Promise<number> {
    const free = (await disk.freeBytes(FOLDERS.blobs(config))) + store.space.usedBytes
    return Math.floor((free * OFFERED_SHARE) / ROUNDED_BYTES) * ROUNDED_BYTES
  }
}
