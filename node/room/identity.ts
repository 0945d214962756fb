/**
 * The node key: made on the device at its first start, never part of an image, and bound to the hardware. A card that was copied or
 * moved to another device makes a new key there; the old one is kept aside, since with it the old device can be restored.
 */
import { dirname, join } from 'node:path'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { isBytes } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { BOOT_ID_BYTES } from '../../protocols/hello.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import type { HardwareFingerprint } from '../platform/hardware.ts'
import type { Random } from '../platform/random.ts'
import { KEY_BYTES, type SigningKey, signingKeyFromSeed } from '../platform/signing.ts'
import './errors.ts'

export type { HardwareFingerprint } from '../platform/hardware.ts'

export interface NodeIdentity {
  key: SigningKey
  node: NodeId
  /** 16 bytes in hex, new at each start. */
  bootId: string
  /** Set when the data folder came from another device. */
  moved?: { from: NodeId; keptAs: string; explanation: string }
}

const FILE = 'node-key'
const FILE_VERSION = 1
const MAX_FILE_BYTES = 16_384

/** @throws JoineryError `IDENTITY_DAMAGED`: a node never starts under another name without saying so */
export async function openIdentity(
  components: { disk: Disk; random: Random },
  init: { folder: string; hardware: HardwareFingerprint }
): Promise<NodeIdentity> {
  const { disk, random } = components
  const path = join(init.folder, FILE)
  const bootId = Buffer.from(random.bytes(BOOT_ID_BYTES)).toString('hex')
  const stored = await readIdentity(disk, path)
  if (stored && isSameDevice(stored.hardware, init.hardware)) {
    return { key: stored.key, node: nodeIdOfPublicKey(stored.key.publicKey), bootId }
  }
  const key = signingKeyFromSeed(random.bytes(KEY_BYTES))
  const node = nodeIdOfPublicKey(key.publicKey)
  if (!stored) {
    // The folder's own name has to last as long as what is written into it.
    await disk.makeDirectory(init.folder)
    await disk.syncDirectory(dirname(init.folder))
    await writeDurably(disk, path, encodeIdentity(key, init.hardware))
    return { key, node, bootId }
  }
  const from = nodeIdOfPublicKey(stored.key.publicKey)
  // Written aside before it is replaced: a power cut between the two leaves both.
  const keptAs = `${path}.${from.slice(-8)}`
  await writeDurably(disk, keptAs, encodeIdentity(stored.key, stored.hardware))
  await writeDurably(disk, path, encodeIdentity(key, init.hardware))
  const explanation =
    'This data folder was copied or moved from another device. So that the two are not taken for one, this device made a key of its own and has to join the room again.'
  return { key, node, bootId, moved: { from, keptAs, explanation } }
}

/** Puts a new key in the place of the old one, which is gone: a device that left a room is removed there for good and comes back as another. */
export async function renewIdentity(
  { disk, random }: { disk: Disk; random: Random },
  init: { folder: string; hardware: HardwareFingerprint }
): Promise<NodeIdentity> {
  const key = signingKeyFromSeed(random.bytes(KEY_BYTES))
  await writeDurably(disk, join(init.folder, FILE), encodeIdentity(key, init.hardware))
  const bootId = Buffer.from(random.bytes(BOOT_ID_BYTES)).toString('hex')
  return { key, node: nodeIdOfPublicKey(key.publicKey), bootId }
}

/**
 * Decides by the strongest mark that both have. The machine id is in the installation and travels with a copied card, so it counts
 * only where there is nothing of hardware.
 */
export function isSameDevice(before: HardwareFingerprint, now: HardwareFingerprint): boolean {
  if (before.serial !== undefined && now.serial !== undefined) return before.serial === now.serial
  if (before.macs.length > 0 && now.macs.length > 0) return before.macs.some((mac) => now.macs.includes(mac))
  if (before.machineId !== undefined && now.machineId !== undefined) return before.machineId === now.machineId
  // Nothing to compare: a start without network cables must not cost the device its name.
  return true
}

async function readIdentity(
  disk: Disk,
  path: string
): Promise<{ key: SigningKey; hardware: HardwareFingerprint } | undefined> {
  const bytes = await readSmallFile(disk, path, MAX_FILE_BYTES)
  if (!bytes) return undefined
  try {
    return decodeIdentity(decodeCbor(bytes, MAX_FILE_BYTES))
  } catch (cause) {
    throw new JoineryError('IDENTITY_DAMAGED', `${path} cannot be read`, { cause })
  }
}

function encodeIdentity(key: SigningKey, hardware: HardwareFingerprint): Uint8Array {
  return encodeCbor([FILE_VERSION, key.seed, hardware.serial ?? null, hardware.macs, hardware.machineId ?? null])
}

function decodeIdentity(value: CborValue): { key: SigningKey; hardware: HardwareFingerprint } {
  if (!Array.isArray(value) || value.length !== 5 || value[0] !== FILE_VERSION) throw new Error('not a node key')
  const [, seed, serial, macs, machineId] = value
  if (!isBytes(seed, KEY_BYTES) || !Array.isArray(macs)) throw new Error('not a node key')
  return {
    key: signingKeyFromSeed(seed),
    hardware: {
      ...(typeof serial === 'string' ? { serial } : {}),
      macs: macs.filter((mac) => typeof mac === 'string'),
      ...(typeof machineId === 'string' ? { machineId } : {})
    }
  }
}
