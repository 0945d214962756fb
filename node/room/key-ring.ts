/**
 * The keys for what only members may read (password hashes, shared keys). A new one is made when a device was stolen; the old ones stay,
 * for what was written under them. Sealed bytes name their key:
 *
 *     version 1 · key id (8) · nonce (12) · AES-256-GCM cipher text and tag
 */
import { join } from 'node:path'
import { type CborValue, decodeCbor, encodeCbor } from '../../protocols/cbor.ts'
import { hex } from '../../protocols/certificate.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import {
  MAX_RING_BYTES,
  MAX_RING_KEYS,
  type SharedRingKey,
  sharedKeysFromCbor,
  sharedKeysToCbor
} from '../../protocols/ring-keys.ts'
import type { Disk } from '../platform/disk.ts'
import { readSmallFile, writeDurably } from '../platform/durable-file.ts'
import { sha256 } from '../platform/hash.ts'
import type { Random } from '../platform/random.ts'
import { openSealedBytes, SEALING_KEY_BYTES, SEALING_NONCE_BYTES, sealBytes } from '../platform/sealing.ts'

const SEALED_VERSION = 1
const KEY_ID_BYTES = 8
const HEAD_BYTES = 1 + KEY_ID_BYTES + SEALING_NONCE_BYTES
const FILE = 'key-ring'

/** Implements the journal's `BodySeal`. */
export class KeyRing {
  readonly #disk: Disk
  readonly #random: Random
  readonly #path: string
  /** By key id in hex. */
  readonly #keys = new Map<string, SharedRingKey>()
  readonly #listeners = new Set<() => void>()
  #writing: Promise<void> = Promise.resolve()

  constructor(components: { disk: Disk; random: Random }, init: { folder: string; keys: readonly SharedRingKey[] }) {
    this.#disk = components.disk
    this.#random = components.random
    this.#path = join(init.folder, FILE)
    for (const key of init.keys) this.#keys.set(ringKeyId(key.key), key)
  }

  /** Undefined when there is no file. Throws what `decodeCbor` throws when it is damaged. */
  static async open(
    components: { disk: Disk; random: Random },
    init: { folder: string }
  ): Promise<KeyRing | undefined> {
    const bytes = await readSmallFile(components.disk, join(init.folder, FILE), MAX_RING_BYTES)
    if (!bytes) return undefined
    return new KeyRing(components, { ...init, keys: sharedKeysFromCbor(decodeCbor(bytes, MAX_RING_BYTES)) })
  }

  static async remove(disk: Disk, folder: string): Promise<void> {
    await disk.remove(join(folder, FILE))
    await disk.syncDirectory(folder)
  }

  /** Newest epoch first. */
  keys(): SharedRingKey[] {
    return [...this.#keys.entries()]
      .sort(([a, one], [b, other]) => other.epoch - one.epoch || (a < b ? -1 : 1))
      .map(([, key]) => key)
  }

  current(): SharedRingKey {
    const [current] = this.keys()
    if (!current) throw new Error('a key ring is never empty')
    return current
  }

  seal(plain: Uint8Array): Uint8Array {
    const { key } = this.current()
    const nonce = this.#random.bytes(SEALING_NONCE_BYTES)
    const sealed = sealBytes(key, nonce, plain)
    const bytes = new Uint8Array(HEAD_BYTES + sealed.length)
    bytes[0] = SEALED_VERSION
    bytes.set(Buffer.from(ringKeyId(key), 'hex'), 1)
    bytes.set(nonce, 1 + KEY_ID_BYTES)
    bytes.set(sealed, HEAD_BYTES)
    return bytes
  }

  open(sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length < HEAD_BYTES || sealed[0] !== SEALED_VERSION) return undefined
    const key = this.#keys.get(hex(sealed.subarray(1, 1 + KEY_ID_BYTES)))
    if (!key) return undefined
    return openSealedBytes(key.key, sealed.subarray(1 + KEY_ID_BYTES, HEAD_BYTES), sealed.subarray(HEAD_BYTES))
  }

  /** Resolves once they are on the medium. @returns whether any was new */
  async add(keys: readonly SharedRingKey[]): Promise<boolean> {
    let changed = false
    for (const { epoch, key, without } of keys) {
      const id = ringKeyId(key)
      const known = this.#keys.get(id)
      // Two may have told different lists: nobody on either gets the key.
      const merged = [...new Set([...(known?.without ?? []), ...without])].sort()
      if (known && merged.length === known.without.length) continue
      if (!known && this.#keys.size >= MAX_RING_KEYS) continue
      this.#keys.set(id, { epoch, key, without: merged })
      changed = true
    }
    if (!changed) return false
    await this.save()
    for (const listener of [...this.#listeners]) listener()
    return true
  }

  /** A new key that the removed devices must not get. */
  async rotate(without: readonly NodeId[]): Promise<void> {
    const { epoch } = this.current()
    if (this.#keys.size >= MAX_RING_KEYS) this.#forgetOldest()
    await this.add([{ epoch: epoch + 1, key: this.#random.bytes(SEALING_KEY_BYTES), without: [...without] }])
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async save(): Promise<void> {
    const written = this.#writing.then(() =>
      writeDurably(this.#disk, this.#path, encodeCbor(sharedKeysToCbor(this.keys()) as CborValue))
    )
    this.#writing = written.catch(() => {})
    await written
  }

  #forgetOldest(): void {
    const oldest = this.keys().at(-1)
    if (oldest) this.#keys.delete(ringKeyId(oldest.key))
  }
}

/** 16 hex digits; says nothing about the key. */
export function ringKeyId(key: Uint8Array): string {
  return hex(sha256(encodeCbor(['joinery ring key', key])).subarray(0, KEY_ID_BYTES))
}
