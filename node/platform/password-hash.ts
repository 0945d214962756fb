/** scrypt (RFC 7914) in the thread pool, few at a time: each takes some MiB and, on a Pi, most of a second of one core. */
import { scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'

export interface ScryptWork {
  /** Power of two. */
  cost: number
  blockSize: number
  parallel: number
}

/** The pool has four threads, which also read files: half of them stay free. */
const AT_ONCE = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)))

export interface PasswordHasher {
  /** Undefined when so many wait already that a person would give up first. */
  hash(password: string, salt: Uint8Array, work: ScryptWork, bytes: number): Promise<Uint8Array> | undefined
}

/** @param maxWaiting how many may wait for their turn */
export function createPasswordHasher(maxWaiting: number): PasswordHasher {
  let running = 0
  const waiting: (() => void)[] = []
  return {
    hash(password, salt, work, bytes) {
      if (waiting.length >= maxWaiting) return undefined
      return run(password, salt, work, bytes)
    }
  }

  async function run(password: string, salt: Uint8Array, work: ScryptWork, bytes: number): Promise<Uint8Array> {
    if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await hashNow(password, salt, work, bytes)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

function hashNow(
  password: string,
  salt: Uint8Array,
  { cost, blockSize, parallel }: ScryptWork,
  bytes: number
): Promise<Uint8Array> {
  const options = { N: cost, r: blockSize, p: parallel, maxmem: 128 * blockSize * (cost + parallel) + 2 ** 20 }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, options, (error, key) => {
      if (error) reject(error)
      else resolve(new Uint8Array(key))
    })
  })
}

/** Takes as long whether they differ early or late. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
