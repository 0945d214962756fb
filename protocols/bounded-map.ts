/** A map of at most so many keys: for a new one the one that was set longest ago goes. Setting a known key makes it the newest. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number

  constructor(most: number, entries: Iterable<readonly [Key, Value]> = []) {
    super()
    this.#most = most
    for (const [key, value] of entries) this.set(key, value)
  }

  override set(key: Key, value: Value): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#most) {
      const oldest = this.keys().next()
      if (oldest.done !== true) this.delete(oldest.value)
    }
    return this
  }
}
