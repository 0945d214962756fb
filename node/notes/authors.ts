/**
 * Whose a clientID is. Yjs orders text by clientID and clock and believes both: text under another's clientID makes replicas differ for
 * ever while their vectors are equal. So the first owner of a clientID is its owner, and an entry says who that was.
 */
import type { Author } from '../../protocols/note-facts.ts'
import { MAX_AUTHORS_PER_NOTE } from './limits.ts'

/** 32 hex digits: the first 16 bytes of a hash of the person or of the browser's token. */
export type Owner = string

export class Authors {
  /** From entries and from accepted updates. */
  readonly #owners = new Map<number, Owner>()
  /** From cursors: whoever showed a clientID first may write under it first. */
  readonly #shown = new Map<number, Owner>()
  #fresh: Author[] = []

  get size(): number {
    return this.#owners.size
  }

  ownerOf(clientId: number): Owner | undefined {
    return this.#owners.get(clientId) ?? this.#shown.get(clientId)
  }

  /** @returns false when it is somebody else's */
  show(clientId: number, owner: Owner): boolean {
    const known = this.ownerOf(clientId)
    if (known === undefined) this.#shown.set(clientId, owner)
    return known === undefined || known === owner
  }

  /** The cursor is gone; nothing was written under it. */
  hide(clientId: number): void {
    this.#shown.delete(clientId)
  }

  /** Binds a clientID under which new text comes. Call only when `ownerOf` is undefined or `owner`. */
  bind(clientId: number, owner: Owner): boolean {
    if (this.#owners.has(clientId)) return true
    if (this.#owners.size >= MAX_AUTHORS_PER_NOTE) return false
    this.#owners.set(clientId, owner)
    this.#fresh.push([clientId, Buffer.from(owner, 'hex')])
    return true
  }

  /** From an entry; of two owners the one in the earlier entry counts, and entries come in their order where it matters. */
  learn(authors: readonly Author[]): void {
    for (const [clientId, owner] of authors) {
      if (!this.#owners.has(clientId)) this.#owners.set(clientId, Buffer.from(owner).toString('hex'))
    }
  }

  /** Before everything is read anew. */
  clear(): void {
    this.#owners.clear()
    this.#fresh = []
  }

  /** Those that no entry carries yet; the caller writes them. */
  takeFresh(): Author[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  all(): Author[] {
    return [...this.#owners].map(([clientId, owner]) => [clientId, Buffer.from(owner, 'hex')])
  }
}
