/**
 * Accounts, sessions and roles of a room, as facts of its journal.
 *
 * ```ts
 * const people = await People.open({ journal, clock, disk, random, hasher }, { folder, roomId })
 * const { person, code } = await people.add({ shownName: 'Ana María' }, '192.168.1.30')
 * await people.withPassword('ana-maria', code, '192.168.1.30')   // SignIn, for pages and git
 * people.ofSession(request.headers.cookie)
 * ```
 */
import { PEOPLE_FACT_VERSION, PERSON_FACT_KINDS } from '../../protocols/people-facts.ts'
import { SIGN_UP_FACT_VERSION, SIGN_UP_KIND } from '../../protocols/sign-up-facts.ts'
import './errors.ts'
import { createPasswordHasher, type PasswordHasher } from '../platform/password-hash.ts'
import { MAX_WAITING_HASHES } from './limits.ts'

export { addressGroup } from './address-group.ts'
export {
  type NewAccount,
  People,
  type PeopleComponents,
  type PeopleInit,
  type PeopleJournal
} from './people.ts'
export type { KnownPerson } from './people-view.ts'
export { MAX_RESET_FILE_BYTES, nameInResetFile } from './reset-file.ts'
export type { UnusedAccounts } from './unused-accounts.ts'

export const createCodeHasher = (): PasswordHasher => createPasswordHasher(MAX_WAITING_HASHES)

/** Kinds of entries that people write, with the highest version that is understood. */
export const understoodPeopleKinds: ReadonlyMap<string, number> = new Map([
  ...PERSON_FACT_KINDS.map((kind) => [kind, PEOPLE_FACT_VERSION] as const),
  [SIGN_UP_KIND, SIGN_UP_FACT_VERSION]
])
