/**
 * Says whose a writer of the journal is: a node makes a new writer key at each start and signs it with its own. Carried by the writer's
 * first batch, with the node's chain, so that anybody who has the batch can check it.
 */
import { decodeCbor, encodeCbor } from './cbor.ts'
import { isBytes, isRoomId, MAX_CHAIN_BYTES, type RoomId } from './certificate.ts'
import { JoineryError } from './errors.ts'

const WRITER_CERTIFICATE_VERSION = 1
export const MAX_WRITER_CERTIFICATE_BYTES = MAX_CHAIN_BYTES + 512

export interface WriterCertificate {
  room: RoomId
  /** 32 bytes of Ed25519. */
  writerKey: Uint8Array
  nodeKey: Uint8Array
  /** By the node key, over `writerCertificateMessage`. */
  signature: Uint8Array
  /** Encoded chain of the node. */
  chain: Uint8Array
}

export function writerCertificateMessage(
  certificate: Pick<WriterCertificate, 'room' | 'writerKey' | 'nodeKey'>
): Uint8Array {
  const { room, writerKey, nodeKey } = certificate
  return encodeCbor(['joinery writer', WRITER_CERTIFICATE_VERSION, room, writerKey, nodeKey])
}

export function encodeWriterCertificate(certificate: WriterCertificate): Uint8Array {
  const { room, writerKey, nodeKey, signature, chain } = certificate
  return encodeCbor([WRITER_CERTIFICATE_VERSION, room, writerKey, nodeKey, signature, chain])
}

/** @throws JoineryError `MALFORMED` or `TOO_LARGE` */
export function decodeWriterCertificate(bytes: Uint8Array): WriterCertificate {
  const value = decodeCbor(bytes, MAX_WRITER_CERTIFICATE_BYTES)
  if (!Array.isArray(value) || value.length !== 6 || value[0] !== WRITER_CERTIFICATE_VERSION) throw malformed()
  const [, room, writerKey, nodeKey, signature, chain] = value
  if (typeof room !== 'string' || !isRoomId(room) || !isBytes(writerKey, 32) || !isBytes(nodeKey, 32)) throw malformed()
  if (!isBytes(signature, 64) || !(chain instanceof Uint8Array) || chain.length > MAX_CHAIN_BYTES) throw malformed()
  return { room, writerKey, nodeKey, signature, chain }
}

function malformed(): JoineryError {
  return new JoineryError('MALFORMED', 'not the certificate of a writer')
}
