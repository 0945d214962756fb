/** Verified chains, remembered: a chain is shown again at each hello, by each writer and in the journal. */
import { BoundedMap } from '../../protocols/bounded-map.ts'
import { decodeChain, type RoomId, type VerifiedChain, verifyChain } from '../../protocols/certificate.ts'
import { sha256 } from '../platform/hash.ts'
import { verifySignature } from '../platform/signing.ts'

/** Undefined for whatever is not a whole and valid chain of the room. */
export type ChainCheck = (chain: Uint8Array) => VerifiedChain | undefined

/** A campus, and some forged ones. */
const REMEMBERED = 1024

export function createChainCheck(room: RoomId): ChainCheck {
  const known = new BoundedMap<string, VerifiedChain | null>(REMEMBERED)
  return (chain) => {
    const name = Buffer.from(sha256(chain)).toString('latin1')
    const before = known.get(name)
    if (before !== undefined) return before ?? undefined
    let verified: VerifiedChain | undefined
    try {
      verified = verifyChain(decodeChain(chain), room, { sha256, verify: verifySignature })
    } catch {
      // Whatever is wrong with it, it proves nothing.
    }
    known.set(name, verified ?? null)
    return verified
  }
}
