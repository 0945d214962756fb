import { randomBytes } from 'node:crypto'

/** Chance enters the program here and nowhere else: keys, nonces and jitter. The simulator's is seeded. */
export interface Random {
  /** Cryptographically strong on a real device. */
  bytes(length: number): Uint8Array
  /** 0 ≤ x < 1 */
  fraction(): number
}

export const systemRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48
}
