/** A device's place in a room: founding one, joining with an invitation or a grant, leaving. Written so that a power cut leaves all or nothing. */
import { dirname, join } from 'node:path'
import type { Grant } from '../../protocols/approval.ts'
import { type CborValue, decodeCbor, encodeCbor, sameBytes } from '../../protocols/cbor.ts'
import {
  type CertificateChain,
  encodeChain,
  extendChain,
  isRoomId,
  MAX_CHAIN_BYTES,
  MAX_CHAIN_LINKS,
  RIGHT_ADMIT,
  type RoomId,
  roomIdOf,
  verifyChain
} from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { decodeInvitation } from '../../protocols/invitation.ts'
import { tryMeshAddress } from '../../protocols/mesh-address.ts'
import type { SharedRingKey } from '../../protocols/ring-keys.ts'
import type { Role } from '../../protocols/room-facts.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import { SEALING_KEY_BYTES } from '../platform/sealing.ts'
import { KEY_BYTES, signingKeyFromSeed, verifySignature } from '../platform/signing.ts'
import { createChainCheck } from './chain-check.ts'
import type { NodeIdentity } from './identity.ts'
import { KeyRing } from './key-ring.ts'
import { RemovalNote } from './removal-note.ts'
import './errors.ts'

export interface Room {
  id: RoomId
  /** As it was when this device came in; a later name is a fact of the journal. */
  name: string
  /** Encoded; ends at this device. */
  chain: Uint8Array
  keyRing: KeyRing
  /** Whether a member said that we were taken out. */
  removal: RemovalNote
  /** Where members were when the invitation was made: for the mesh's static addresses. */
  addresses: string[]
}

export interface RoomComponents {
  disk: Disk
  random: Random
}

export interface RoomInit {
  folder: string
  identity: NodeIdentity
}

type RoomFile = Omit<Room, 'keyRing' | 'removal'>

const FILE = 'room'
const FILE_VERSION = 1
const MAX_FILE_BYTES = MAX_CHAIN_BYTES + 4096

/** Undefined: in no room. @throws JoineryError `ROOM_FILE_DAMAGED` */
export async function openRoom(components: RoomComponents, init: RoomInit): Promise<Room | undefined> {
  const { disk } = components
  const path = join(init.folder, FILE)
  const bytes = await readSmallFile(disk, path, MAX_FILE_BYTES)
  if (!bytes) return undefined
  let found: RoomFile
  let keyRing: KeyRing | undefined
  try {
    found = roomFromCbor(decodeCbor(bytes, MAX_FILE_BYTES))
    keyRing = await KeyRing.open(components, init)
  } catch (cause) {
    throw new JoineryError('ROOM_FILE_DAMAGED', `${path} or the key ring beside it cannot be read`, { cause })
  }
  const chain = createChainCheck(found.id)(found.chain)
  if (!chain || !keyRing) throw new JoineryError('ROOM_FILE_DAMAGED', `${path} or the key ring beside it is not whole`)
  if (!sameBytes(chain.subject, init.identity.key.publicKey)) {
    // The folder came from another device (see identity.ts): its place in the room is not ours.
    await disk.rename(path, `${path}.aside`)
    await disk.syncDirectory(init.folder)
    return undefined
  }
  return { ...found, keyRing, removal: await RemovalNote.open(disk, init.folder, found.id) }
}

/** The founding key signs this one device and is forgotten: nobody can steal it, and every member can admit. */
export async function foundRoom(components: RoomComponents, init: RoomInit & { name: string }): Promise<Room> {
  await refuseSecondRoom(components, init)
  const { random } = components
  const founding = signingKeyFromSeed(random.bytes(KEY_BYTES))
  const link = { kind: 'node', subject: init.identity.key.publicKey, rights: RIGHT_ADMIT, uses: null } as const
  const chain = extendChain({ foundingKey: founding.publicKey, links: [] }, link, (message) => founding.sign(message))
  return await enter(components, init, {
    id: roomIdOf(founding.publicKey, sha256),
    name: init.name,
    chain: encodeChain(chain),
    addresses: [],
    keys: [{ epoch: 0, key: random.bytes(SEALING_KEY_BYTES), without: [] }]
  })
}

/**
 * Takes up an invitation; no member has to be near. In that room already: the room as it is, unless `renew` asks to use the new
 * invitation (because the old one was used up).
 *
 * @throws JoineryError `INVITATION_MISTYPED`, `INVITATION_NEWER`, `INVITATION_FORGED`, `INVITATION_OTHER_ROOM`, `CHAIN_TOO_LONG`
 */
export async function joinRoom(
  components: RoomComponents,
  init: RoomInit & { invitation: string; role: Role; renew?: boolean }
): Promise<Room> {
  const invitation = decodeInvitation(init.invitation)
  const id = roomIdOf(invitation.chain.foundingKey, sha256)
  const token = signingKeyFromSeed(invitation.tokenSeed)
  const verified = checkInvitation(invitation.chain, id, token.publicKey)
  const present = await openRoom(components, init)
  if (present && present.id !== id) {
    throw new JoineryError('INVITATION_OTHER_ROOM', `the invitation is for another room than ${present.name}`)
  }
  if (present && init.renew !== true) return present
  if (invitation.chain.links.length >= MAX_CHAIN_LINKS) {
    throw new JoineryError('CHAIN_TOO_LONG', 'too many devices invited each other one after the other')
  }
  const rights = init.role === 'cloud' ? 0 : verified.rights
  const link = { kind: 'node', subject: init.identity.key.publicKey, rights, uses: null } as const
  const chain = extendChain(invitation.chain, link, (message) => token.sign(message))
  const kept = present?.keyRing.keys() ?? []
  return await enter(components, init, {
    id,
    name: invitation.roomName,
    chain: encodeChain(chain),
    addresses: invitation.addresses,
    keys: [...kept, { ...invitation.ringKey, without: [] }]
  })
}

/** Takes up what a member answered after a person compared the codes. */
export async function joinGranted(components: RoomComponents, init: RoomInit & { grant: Grant }): Promise<Room> {
  await refuseSecondRoom(components, init)
  const { room, roomName, chain, ringKeys } = init.grant
  const verified = createChainCheck(room)(chain)
  if (verified?.kind !== 'node' || !sameBytes(verified.subject, init.identity.key.publicKey) || ringKeys.length === 0) {
    throw new JoineryError('INVITATION_FORGED', 'the answer of the other device does not let us in')
  }
  const keys = ringKeys.map((key) => ({ ...key, without: [] }))
  return await enter(components, init, { id: room, name: roomName, chain, addresses: [], keys })
}

/** Forgets the place in the room and its keys. What is stored of lessons and packages stays. */
export async function leaveRoom(components: RoomComponents, init: { folder: string }): Promise<void> {
  const { disk } = components
  await disk.remove(join(init.folder, FILE))
  await disk.syncDirectory(init.folder)
  await KeyRing.remove(disk, init.folder)
  await RemovalNote.remove(disk, init.folder)
}

function checkInvitation(chain: CertificateChain, id: RoomId, token: Uint8Array): { rights: number } {
  let verified: ReturnType<typeof verifyChain>
  try {
    verified = verifyChain(chain, id, { sha256, verify: verifySignature })
  } catch (cause) {
    throw new JoineryError('INVITATION_FORGED', 'the invitation is not signed by a member of its room', { cause })
  }
  if (verified.kind !== 'token' || !sameBytes(verified.subject, token)) {
    throw new JoineryError('INVITATION_FORGED', 'the invitation does not fit its own certificate')
  }
  return verified
}

async function refuseSecondRoom(components: RoomComponents, init: RoomInit): Promise<void> {
  const present = await openRoom(components, init)
  if (present) throw new JoineryError('ROOM_EXISTS', `this device is in the room ${present.name}`)
}

async function enter(
  components: RoomComponents,
  init: RoomInit,
  entered: RoomFile & { keys: SharedRingKey[] }
): Promise<Room> {
  const { keys, ...room } = entered
  // It may be a folder of its own; its name has to last as long as what is written into it.
  await components.disk.makeDirectory(init.folder)
  await components.disk.syncDirectory(dirname(init.folder))
  const keyRing = new KeyRing(components, { folder: init.folder, keys })
  await keyRing.save()
  await RemovalNote.remove(components.disk, init.folder)
  // The room's file comes last: with it the device is in.
  const value: CborValue = [FILE_VERSION, room.id, room.name, room.chain, room.addresses]
  await writeDurably(components.disk, join(init.folder, FILE), encodeCbor(value))
  return { ...room, keyRing, removal: await RemovalNote.open(components.disk, init.folder, room.id) }
}

function roomFromCbor(value: CborValue): RoomFile {
  if (!Array.isArray(value) || value.length !== 5 || value[0] !== FILE_VERSION) throw new Error('not a room')
  const [, id, name, chain, addresses] = value
  if (typeof id !== 'string' || !isRoomId(id) || typeof name !== 'string') throw new Error('not a room')
  if (!(chain instanceof Uint8Array) || !Array.isArray(addresses)) throw new Error('not a room')
  const usable = addresses.filter((address) => typeof address === 'string').filter((address) => tryMeshAddress(address))
  return { id, name, chain, addresses: usable }
}
