/** Whether a name and a code belong together: limits first, then the same work whether or not somebody has the name. */
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonId } from '../../protocols/people.ts'
import { CODE_HASH_BYTES, CODE_SALT_BYTES, type CodeFact } from '../../protocols/people-facts.ts'
import { sha256 } from '../platform/hash.ts'
import { equalSecrets, type PasswordHasher } from '../platform/password-hash.ts'
import type { Random } from '../platform/random.ts'
import { addressGroup } from './address-group.ts'
import { plainCode } from './join-code.ts'
import { SCRYPT, TRY_LIMITS, UNKNOWN_NAME_BUCKETS } from './limits.ts'
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
    const keys = keysOf(typed.name, person?.id, typed.from)
    if (!this.#tries.charge(keys)) throw new JoineryError('TOO_MANY_TRIES', 'too many wrong tries')
    const stored = person?.code ?? this.#nobody
    const hash = await this.#hash(typed.code, stored)
    if (!equalSecrets(hash, stored.hash) || !person) {
      await this.#tries.persisted()
      throw new JoineryError('SIGN_IN_FAILED', 'name and code do not belong together')
    }
    this.#tries.refund(keys)
    this.#seen.set(person.id, { code: person.code, proof })
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

function keysOf(name: string, person: PersonId | undefined, from: string): TryKey[] {
  const group = addressGroup(from)
  const who = person ?? `unknown ${(sha256(Buffer.from(name, 'utf8'))[0] ?? 0) % UNKNOWN_NAME_BUCKETS}`
  return [
    { key: `both ${who} ${group}`, limit: TRY_LIMITS.nameAndAddress },
    { key: `name ${who}`, limit: TRY_LIMITS.name },
    { key: `address ${group}`, limit: TRY_LIMITS.address }
  ]
}
