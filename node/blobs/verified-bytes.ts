import { sameBytes } from '../../protocols/cbor.ts'
import { type Cid, digestOfCid } from '../../protocols/cid.ts'
import { sha256 } from '../platform/hash.ts'

/** Bytes that were found to be what their name says. There is no other way to make one, so that a store need not hash them again. */
export class VerifiedBytes {
  readonly cid: Cid
  /** Not to be written to any more. */
  readonly bytes: Uint8Array

  private constructor(cid: Cid, bytes: Uint8Array) {
    this.cid = cid
    this.bytes = bytes
  }

  /** Undefined when they are something else. */
  static check(cid: Cid, bytes: Uint8Array): VerifiedBytes | undefined {
    return sameBytes(sha256(bytes), digestOfCid(cid)) ? new VerifiedBytes(cid, bytes) : undefined
  }
}
