/** SSH keys and tokens of people: what programs sign in with instead of a name and a code. */
import { bytesOfHex, hex } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { ACCESS_SCOPES, type AccessScope, type PersonId } from '../../protocols/people.ts'
import { cleanKeyLabel, type PersonFact } from '../../protocols/people-facts.ts'
import type { Random } from '../platform/random.ts'
import { hashOfSshKey, makeAccessToken, readSshKey } from './access-keys.ts'
import './errors.ts'
import { MAX_ACCESS_KEYS_EVER, MAX_ACCESS_KEYS_PER_PERSON } from './limits.ts'
import type { PersonFacts } from './people-fold.ts'
import type { OwnedAccessKey } from './people-view.ts'
import { hashOfToken } from './sessions.ts'

interface KeyFacts {
  /** Keys that count, by their hash in hexadecimal. */
  counting(): ReadonlyMap<string, OwnedAccessKey>
  /** All that was said of a person. @throws JoineryError `NO_SUCH_PERSON` */
  ever(id: PersonId): Pick<PersonFacts, 'keys' | 'endedKeys'> | undefined
  append(id: PersonId, facts: readonly PersonFact[]): Promise<void>
}

export class PersonKeys {
  readonly #random: Random
  readonly #facts: KeyFacts

  constructor({ random }: { random: Random }, facts: KeyFacts) {
    this.#random = random
    this.#facts = facts
  }

  /** Those that count, by what they are called. */
  list(id: PersonId): OwnedAccessKey[] {
    return [...this.#facts.counting().values()]
      .filter(({ person }) => person === id)
      .sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : a.hash < b.hash ? -1 : 1))
  }

  of(hash: Uint8Array): OwnedAccessKey | undefined {
    return this.#facts.counting().get(hex(hash))
  }

  /** @throws JoineryError `SSH_KEY_INVALID`, `ACCESS_KEY_TAKEN`, `ACCESS_KEYS_FULL` */
  async addSsh(id: PersonId, line: string): Promise<void> {
    const { blob, label } = readSshKey(line)
    const hash = hashOfSshKey(blob)
    const owner = this.of(hash)?.person
    if (owner === id) return
    const gone = this.#facts.ever(id)?.endedKeys.has(hex(hash))
    if (owner !== undefined || gone)
      throw new JoineryError('ACCESS_KEY_TAKEN', 'the key is used already, or was removed')
    await this.#add(id, { kind: 'person-key', hash, use: 'ssh', label, scopes: ['push'] })
  }

  /** @returns the token, which nobody can look up later. @throws JoineryError `ACCESS_KEYS_FULL`, `BAD_REQUEST` */
  async addToken(id: PersonId, wanted: { label: string; scopes: readonly AccessScope[] }): Promise<string> {
    const label = cleanKeyLabel(wanted.label)
    const scopes = ACCESS_SCOPES.filter((scope) => wanted.scopes.includes(scope))
    if (label === undefined || scopes.length === 0)
      throw new JoineryError('BAD_REQUEST', 'a token needs a name and something that it is for')
    const token = makeAccessToken(this.#random)
    await this.#add(id, { kind: 'person-key', hash: hashOfToken(token), use: 'token', label, scopes })
    return token
  }

  /** @param hash of one of theirs, in hexadecimal; others are left alone */
  async end(id: PersonId, hash: string): Promise<void> {
    if (this.#facts.counting().get(hash)?.person !== id) return
    await this.#facts.append(id, [{ kind: 'person-keys-ended', hashes: [bytesOfHex(hash)] }])
  }

  async #add(id: PersonId, fact: PersonFact): Promise<void> {
    const ever = this.#facts.ever(id)?.keys.size ?? 0
    if (this.list(id).length >= MAX_ACCESS_KEYS_PER_PERSON || ever >= MAX_ACCESS_KEYS_EVER)
      throw new JoineryError('ACCESS_KEYS_FULL', `${MAX_ACCESS_KEYS_PER_PERSON} keys and tokens are enough`)
    await this.#facts.append(id, [fact])
  }
}
