/**
 * Keys of the journal's store. One letter says what it is; numbers are big-endian, so that ranges come in order.
 *
 *     m                                     meta: format, removed nodes, epochs
 *     w log                                 a log: writer, node, where it starts; written once
 *     l log                                 its end; rewritten with each commit
 *     b log number                          arrival number (6 bytes), CRC-32 of the rest (4 bytes), the batch as on the wire
 *     t topic 0 lamport log number          arrival number: the index of topics, in stamp order of first entries
 *     n topic                               the newest arrival number of the topic
 *     e topic                               the stamp before which its bodies are erased
 *     k kind 0 version log                  the first number where a critical kind stands
 *     h log number                          a batch that lacks bodies although nobody erased them
 *     c log number index                    a claim that batches were merged or entries overwritten: done, its ranges
 *     v fold                                a snapshot
 */
export const LOG_BYTES = 4
export const NUMBER_BYTES = 6
export const LAMPORT_BYTES = 7
export const CRC_BYTES = 4

const letter = (text: string): number => text.charCodeAt(0)
export const META_KEY = Uint8Array.of(letter('m'))

export function logKey(log: number): Uint8Array {
  return key('w', [log, LOG_BYTES])
}

export function logEndKey(log: number): Uint8Array {
  return key('l', [log, LOG_BYTES])
}

export function batchKey(log: number, number: number): Uint8Array {
  return key('b', [log, LOG_BYTES], [number, NUMBER_BYTES])
}

export function isBatchKey(found: Uint8Array): boolean {
  return found.length === 1 + LOG_BYTES + NUMBER_BYTES && found[0] === letter('b')
}

export function hollowKey(log: number, number: number): Uint8Array {
  return key('h', [log, LOG_BYTES], [number, NUMBER_BYTES])
}

export function coveredKey(log: number, number: number, index: number): Uint8Array {
  return key('c', [log, LOG_BYTES], [number, NUMBER_BYTES], [index, 2])
}

export function topicKey(topic: string, lamport: number, log: number, number: number): Uint8Array {
  return join(topicPrefix(topic), key('', [lamport, LAMPORT_BYTES], [log, LOG_BYTES], [number, NUMBER_BYTES]))
}

/** All batches with entries of one topic begin so; topics contain no zero. */
export function topicPrefix(topic: string): Uint8Array {
  return named('t', `${topic}\0`)
}

export function topicNameKey(topic: string): Uint8Array {
  return named('n', topic)
}

export function eraseKey(topic: string): Uint8Array {
  return named('e', topic)
}

export function kindKeyOnDisk(kind: string, version: number, log: number): Uint8Array {
  return join(named('k', `${kind}\0`), key('', [version, 2], [log, LOG_BYTES]))
}

export function snapshotKey(fold: string): Uint8Array {
  return named('v', fold)
}

/** All keys that begin with `prefix`. */
export function rangeOf(prefix: string | Uint8Array): { gte: Uint8Array; lt: Uint8Array } {
  const gte = typeof prefix === 'string' ? Uint8Array.of(letter(prefix)) : prefix
  const lt = gte.slice()
  // No prefix of ours ends in 255.
  lt[lt.length - 1] = (lt[lt.length - 1] as number) + 1
  return { gte, lt }
}

export function textAfterLetter(found: Uint8Array): string {
  return new TextDecoder().decode(found.subarray(1))
}

/** Reads `width` bytes at `at`; at most 7 wide, so exact. */
export function readNumber(bytes: Uint8Array, at: number, width: number): number {
  let value = 0
  for (let i = 0; i < width; i++) value = value * 256 + (bytes[at + i] as number)
  return value
}

export function numberBytes(value: number, width: number): Uint8Array {
  return key('', [value, width])
}

/** `log` and `number` at the end of a key. */
export function placeAtEnd(found: Uint8Array): { log: number; number: number } {
  const at = found.length - LOG_BYTES - NUMBER_BYTES
  return { log: readNumber(found, at, LOG_BYTES), number: readNumber(found, at + LOG_BYTES, NUMBER_BYTES) }
}

function key(kind: string, ...parts: [value: number, width: number][]): Uint8Array {
  let length = kind.length
  for (const [, width] of parts) length += width
  const bytes = new Uint8Array(length)
  if (kind.length > 0) bytes[0] = letter(kind)
  let at = kind.length
  for (const [value, width] of parts) {
    let rest = value
    for (let i = width - 1; i >= 0; i--) {
      bytes[at + i] = rest % 256
      rest = Math.floor(rest / 256)
    }
    at += width
  }
  return bytes
}

function named(kind: string, name: string): Uint8Array {
  return new TextEncoder().encode(kind + name)
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
