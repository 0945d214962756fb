import { createHash, hash } from 'node:crypto'
import { crc32 as zlibCrc32 } from 'node:zlib'

/** @returns 32 bytes of sha2-256 */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

export interface Hasher {
  update(bytes: Uint8Array): void
  /** 32 bytes; the hasher is spent afterwards. */
  digest(): Uint8Array
}

export function sha256Hasher(): Hasher {
  const hasher = createHash('sha256')
  return { update: (bytes) => void hasher.update(bytes), digest: () => new Uint8Array(hasher.digest()) }
}

/** For what R repositories say of their files: notices damage, and is no defence against people. */
export function md5Hasher(): Hasher {
  const hasher = createHash('md5')
  return { update: (bytes) => void hasher.update(bytes), digest: () => new Uint8Array(hasher.digest()) }
}

/** Notices flipped bits in what we wrote ourselves; no defence against people. */
export function crc32(bytes: Uint8Array): number {
  return zlibCrc32(bytes)
}
