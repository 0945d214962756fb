/** Whether a name and a code belong together: limits first, then the same work whether or not somebody has the name. */
import { hasCode, JoineryError } from '../../protocols/errors.ts'
import type { PersonId } from '../../protocols/people.ts'
import { CODE_HASH_BYTES, CODE_SALT_BYTES, type CodeFact } from '../../protocols/people-facts.ts'
import { sha256 } from '../platform/hash.ts'
import { equalSecrets, type PasswordHasher } from '../platform/password-hash.ts'
import type { Random } from '../platform/random.ts'
import { addressGroup } from './address-group.ts'
import { plainCode } from './join-code.ts'
import { MAX_KNOWN_PLACES, MAX_WAITING_HASHES, SCRYPT, TRY_LIMITS, UNKNOWN_NAME_BUCKETS } from './limits.ts'
import type { Tries, TryKey } from './tries.ts'

type StoredCode = Pick<CodeFact, 'salt' | 'hash' | 'parameters'>

export class Credentials {
  readonly #random: Random
  readonly #hasher: PasswordHasher
  readonly #tries: Tries
  /** Stands in for a person who is not there. */
  readonly #nobody: StoredCode
  /** git sends name and code with each request: what was right a moment ago is known by a keyed hash, one for each person. */
  readonly #seen = new Map<PersonId, { code: StoredCode; proof: Uint8Array }>()
  readonly #seenKey: Uint8Array
  /** Where whom was right: somebody else's tries elsewhere do not count there. The oldest goes first. */
  readonly #places = new Set<string>()
  /** How many are being looked at under a key, and who waits for one of them to turn out right. */
  readonly #looking = new Map<string, number>()
  readonly #waiting = new Set<() => void>()

  constructor(components: { random: Random; hasher: PasswordHasher; tries: Tries }) {
    this.#random = components.random
    this.#hasher = components.hasher
    this.#tries = components.tries
    this.#seenKey = this.#random.bytes(32)
    this.#nobody = {
      salt: this.#random.bytes(CODE_SALT_BYTES),
      hash: new Uint8Array(CODE_HASH_BYTES),
      parameters: SCRYPT
    }
  }

  /** @throws JoineryError `BUSY` */
  async make(code: string): Promise<StoredCode> {
    const salt = this.#random.bytes(CODE_SALT_BYTES)
    return { salt, hash: await this.#hash(code, { salt, parameters: SCRYPT }), parameters: SCRYPT }
  }

  /**
   * @param name whoever it is, as typed
   * @throws JoineryError `SIGN_IN_FAILED`, `TOO_MANY_TRIES`, `BUSY`
   */
  async check(
    typed: { name: string; code: string; from: string },
    person: { id: PersonId; code: StoredCode } | undefined
  ): Promise<void> {
    const proof = sha256(
      Buffer.concat([this.#seenKey, Buffer.from(`${person?.id ?? ''}\n${plainCode(typed.code)}`, 'utf8')])
    )
    const seen = person && this.#seen.get(person.id)
    if (seen && seen.code === person.code && equalSecrets(seen.proof, proof)) return
    const place = person && `both ${person.id} ${addressGroup(typed.from)}`
    const isKnown = place !== undefined && this.#places.has(place)
    const keys = keysOf(typed.name, person?.id, typed.from, isKnown)
    await this.#charge(keys)
    try {
      const stored = person?.code ?? this.#nobody
      const hash = await this.#hash(typed.code, stored)
      if (!equalSecrets(hash, stored.hash) || !person || place === undefined) {
        await this.#tries.persisted()
        throw new JoineryError('SIGN_IN_FAILED', 'name and code do not belong together')
      }
      this.#tries.refund(keys)
      this.#seen.set(person.id, { code: person.code, proof })
      this.#remember(place)
    } catch (error) {
      // Nothing was tried then.
      if (hasCode(error, 'BUSY')) this.#tries.refund(keys)
      throw error
    } finally {
      this.#looked(keys)
    }
  }

  /**
   * Takes a try. A class signs in at the same moment behind one router: whoever is being looked at is probably right and gives their try back, so the next
   * ones wait for that.
   */
  async #charge(keys: readonly TryKey[]): Promise<void> {
    while (!this.#tries.charge(keys)) {
      if (!keys.some(({ key }) => this.#looking.has(key)))
        throw new JoineryError('TOO_MANY_TRIES', 'too many wrong tries')
      if (this.#waiting.size >= MAX_WAITING_HASHES) throw new JoineryError('BUSY', 'too many people sign in at once')
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
    for (const { key } of keys) this.#looking.set(key, (this.#looking.get(key) ?? 0) + 1)
  }

  #looked(keys: readonly TryKey[]): void {
    for (const { key } of keys) {
      const left = (this.#looking.get(key) ?? 1) - 1
      if (left > 0) this.#looking.set(key, left)
      else this.#looking.delete(key)
    }
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #remember(place: string): void {
    this.#places.delete(place)
    this.#places.add(place)
    for (const oldest of this.#places) {
      if (this.#places.size <= MAX_KNOWN_PLACES) break
      this.#places.delete(oldest)
    }
  }

  /** A person who got a new code, or is gone. */
  forget(person: PersonId): void {
    this.#seen.delete(person)
    this.#tries.forget((key) => key === `name ${person}` || key.startsWith(`both ${person} `))
  }

  /** @throws JoineryError `TOO_MANY_TRIES` */
  async chargeSignUp(from: string): Promise<void> {
    if (!this.#tries.charge([{ key: `sign-up ${addressGroup(from)}`, limit: TRY_LIMITS.signUp }]))
      throw new JoineryError('TOO_MANY_TRIES', 'too many new accounts from one address')
    await this.#tries.persisted()
  }

  async #hash(code: string, { salt, parameters }: Pick<StoredCode, 'salt' | 'parameters'>): Promise<Uint8Array> {
    const hash = this.#hasher.hash(plainCode(code), salt, parameters, CODE_HASH_BYTES)
    if (!hash) throw new JoineryError('BUSY', 'too many people sign in at once')
    return await hash
  }
}

function keysOf(name: string, person: PersonId | undefined, from: string, isKnown: boolean): TryKey[] {
  const group = addressGroup(from)
  const who = person ?? `unknown ${(sha256(Buffer.from(name, 'utf8'))[0] ?? 0) % UNKNOWN_NAME_BUCKETS}`
  return [
    { key: isKnown ? `both ${who} ${group}` : `name ${who}`, limit: TRY_LIMITS.name },
    { key: `address ${group}`, limit: TRY_LIMITS.address }
  ]
}
