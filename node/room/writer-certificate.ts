/** Certifies our writers and checks those of others: what the journal asks of the room (`authority`, `certify`). */
import { sameBytes } from '../../protocols/cbor.ts'
import { hex, RIGHT_ADMIT, type RoomId } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { WriterId } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { nodeIdOfPublicKey } from '../../protocols/node-id.ts'
import { ROOM_TOPIC } from '../../protocols/room-facts.ts'
import {
  decodeWriterCertificate,
  encodeWriterCertificate,
  writerCertificateMessage
} from '../../protocols/writer-certificate.ts'
import { type SigningKey, verifySignature } from '../platform/signing.ts'
import { createChainCheck } from './chain-check.ts'
import './errors.ts'

export interface WriterAuthority {
  /** @throws JoineryError when it is malformed, forged or of another room */
  check(certificate: Uint8Array): { writer: WriterId; node: NodeId }
  certify(writerKey: Uint8Array): Uint8Array
  /** Devices that may let others in: not the cloud peer, which is trusted to read. The certificate alone says it, on every node alike. */
  mayErase(certificate: Uint8Array): boolean
  /** A cloud peer writes about itself in topic `room` and nowhere else: it changes no people, no content, no repository, no note. */
  mayWrite(certificate: Uint8Array, topic: string): boolean
}

/** Says only whose a writer is; whether that node still counts is decided by the fold (see `membership-view.ts`). */
export function createWriterAuthority(room: { id: RoomId; chain: Uint8Array }, key: SigningKey): WriterAuthority {
  const checkChain = createChainCheck(room.id)
  return {
    check(bytes) {
      const certificate = decodeWriterCertificate(bytes)
      if (certificate.room !== room.id)
        throw new JoineryError('CERTIFICATE_OTHER_ROOM', 'the writer belongs to another room')
      const { nodeKey, writerKey, signature } = certificate
      if (!verifySignature(nodeKey, writerCertificateMessage(certificate), signature)) {
        throw new JoineryError('CERTIFICATE_INVALID', "the writer's certificate is not signed by its node")
      }
      const chain = checkChain(certificate.chain)
      if (chain?.kind !== 'node' || !sameBytes(chain.subject, nodeKey)) {
        throw new JoineryError('CERTIFICATE_INVALID', "the writer's node does not belong to the room")
      }
      return { writer: hex(writerKey), node: nodeIdOfPublicKey(nodeKey) }
    },
    mayErase(bytes) {
      const chain = checkChain(decodeWriterCertificate(bytes).chain)
      return chain !== undefined && (chain.rights & RIGHT_ADMIT) !== 0
    },
    mayWrite(bytes, topic) {
      const chain = checkChain(decodeWriterCertificate(bytes).chain)
      return chain !== undefined && ((chain.rights & RIGHT_ADMIT) !== 0 || topic === ROOM_TOPIC)
    },
    certify(writerKey) {
      const body = { room: room.id, writerKey, nodeKey: key.publicKey }
      return encodeWriterCertificate({
        ...body,
        signature: key.sign(writerCertificateMessage(body)),
        chain: room.chain
      })
    }
  }
}
