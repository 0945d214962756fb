/** The people of a room: accounts, sessions, roles. Everything they are stands in the journal; this node adds facts and works them out. */
import { dirname, join } from 'node:path'
import { bytesOfHex, hex } from '../../protocols/certificate.ts'
import { JoineryError } from '../../protocols/errors.ts'
import type { FoldView, JournalAccess } from '../../protocols/journal.ts'
import type { AccessScope, PeopleAccess, Person, PersonId, PersonRole, SignIn } from '../../protocols/people.ts'
import { GRANT_BYTES, type PersonFact, personEntry, personTopic } from '../../protocols/people-facts.ts'
import { cleanShownName, isReservedName, personNameOf } from '../../protocols/person-name.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { PasswordHasher } from '../platform/password-hash.ts'
import type { Random } from '../platform/random.ts'
import { hashOfSshKey, isAccessToken } from './access-keys.ts'
import { Credentials } from './credentials.ts'
import './errors.ts'
import { makeCode } from './join-code.ts'
import { MAX_NAMES_PER_PERSON, MAX_PEOPLE, REMOVED_AT_ONCE } from './limits.ts'
import { type PeopleFacts, type PersonFacts, peopleFold } from './people-fold.ts'
import { freeNameNear, type KnownPerson, type PeopleView, workOutPeople } from './people-view.ts'
import { PersonKeys } from './person-keys.ts'
import { findRecovered, type RecoveredCode } from './recovered-codes.ts'
import { cookieName, endedCookie, hashOfToken, makeToken, sessionCookie, sessionOfCookies } from './sessions.ts'
import { SignUpSetting } from './sign-up-setting.ts'
import { Tries } from './tries.ts'
import { findUnused, type UnusedAccounts } from './unused-accounts.ts'

export interface PeopleJournal extends JournalAccess {
  /** Erases what a topic held, on every node. */
  erase(topic: string): Promise<unknown>
  mayDecide(): boolean
}

export interface PeopleComponents {
  journal: PeopleJournal
  clock: Clock
  disk: Disk
  random: Random
  hasher: PasswordHasher
}

export interface PeopleInit {
  /** For what has to survive a restart; made when needed. */
  folder: string
  roomId: string
}

/** Written together with the code that it is about, and after it. */
const RECOVERED: readonly PersonFact[] = [{ kind: 'person-recovered' }]

/** What a person is told once. */
export interface NewAccount {
  person: KnownPerson
  code: string
}

export class People implements PeopleAccess, SignIn {
  readonly signUp: SignUpSetting
  /** Of people, for programs. */
  readonly keys: PersonKeys
  readonly #components: PeopleComponents
  readonly #facts: FoldView<PeopleFacts>
  readonly #credentials: Credentials
  readonly #cookieName: string
  readonly #listeners = new Set<() => void>()
  readonly #stopListening: () => void
  /** Names that somebody is being given right now. */
  readonly #promised = new Set<string>()
  #view: PeopleView | undefined

  private constructor(
    components: PeopleComponents,
    facts: FoldView<PeopleFacts>,
    credentials: Credentials,
    signUp: SignUpSetting,
    init: PeopleInit
  ) {
    this.signUp = signUp
    this.#components = components
    this.#facts = facts
    this.keys = new PersonKeys(components, {
      counting: () => this.#now().keys,
      ever: (id) => {
        this.#existing(id)
        return this.#facts.state.people.get(id)
      },
      append: (id, facts) => this.#append(id, facts)
    })
    this.#credentials = credentials
    this.#cookieName = cookieName(init.roomId)
    this.#stopListening = facts.onChange(() => {
      this.#view = undefined
      for (const listener of this.#listeners) listener()
    })
  }

  static async open(components: PeopleComponents, init: PeopleInit): Promise<People> {
    await components.disk.makeDirectory(init.folder)
    // Or a power cut takes the folder away with what was synced in it.
    await components.disk.syncDirectory(dirname(init.folder))
    const tries = await Tries.open(components, join(init.folder, 'tries'))
    const credentials = new Credentials({ random: components.random, hasher: components.hasher, tries })
    const { journal } = components
    return new People(components, await journal.view(peopleFold), credentials, await SignUpSetting.open(journal), init)
  }

  stop(): void {
    this.#stopListening()
    this.#listeners.clear()
  }

  // PeopleAccess

  person(id: PersonId): KnownPerson | undefined {
    return this.#now().people.get(id)
  }

  named(name: string): KnownPerson | undefined {
    const id = this.#now().names.get(name.toLowerCase())
    return id === undefined ? undefined : this.person(id)
  }

  list(): KnownPerson[] {
    return [...this.#now().people.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  // SignIn

  async withPassword(name: string, password: string, from: string): Promise<KnownPerson> {
    if (!this.#components.journal.mayDecide())
      throw new JoineryError('PEOPLE_NEED_UPDATE', 'another device wrote what this one does not understand')
    const asked = personNameOf(name) ?? ''
    const person = this.named(asked)
    const code = person && this.#factsOf(person.id)?.code
    await this.#credentials.check({ name: asked, code: password, from }, person && code && { id: person.id, code })
    // The work took a while: somebody may have been removed, or been given a new code.
    const now = person && this.person(person.id)
    if (!now || this.#factsOf(now.id)?.code !== code) throw new JoineryError('SIGN_IN_FAILED', 'gone meanwhile')
    return now
  }

  async withCodeOrToken(name: string, secret: string, from: string, scope: AccessScope): Promise<KnownPerson> {
    if (!isAccessToken(secret.trim())) return this.withPassword(name, secret, from)
    const key = this.keys.of(hashOfToken(secret.trim()))
    const person = key?.use === 'token' && key.scopes.includes(scope) ? this.person(key.person) : undefined
    // The name has to be theirs, or anybody's: git asks for one, and other programs have none.
    if (person && (name === '' || this.named(personNameOf(name) ?? '')?.id === person.id)) return person
    // A token has 192 bits: guessing is hopeless, and costs what a wrong code costs.
    return this.withPassword(name, secret, from)
  }

  /** Whose SSH key it is. @param blob as it travels in SSH */
  ofSshKey(blob: Uint8Array): KnownPerson | undefined {
    const key = this.keys.of(hashOfSshKey(blob))
    return key?.use === 'ssh' ? this.person(key.person) : undefined
  }

  ofSession(cookies: string | undefined): KnownPerson | undefined {
    const session = sessionOfCookies(cookies, this.#cookieName)
    const id = session === undefined ? undefined : this.#now().sessions.get(session)
    return id === undefined ? undefined : this.person(id)
  }

  // Accounts

  /**
   * A new account, with the code that signs it in.
   *
   * @param from the visitor's address; undefined for whoever administers the device
   * @throws JoineryError `SIGN_UP_CLOSED`, `PERSON_NAME_INVALID`, `PERSON_NAME_TAKEN`, `PEOPLE_FULL`, `TOO_MANY_TRIES`, `BUSY`
   */
  async add(wanted: { shownName: string; name?: string; role?: PersonRole }, from?: string): Promise<NewAccount> {
    return await this.#add(wanted, from, [])
  }

  async #add(
    wanted: { shownName: string; name?: string; role?: PersonRole },
    from: string | undefined,
    besides: readonly PersonFact[]
  ): Promise<NewAccount> {
    if (from !== undefined && !this.signUp.isOpen)
      throw new JoineryError('SIGN_UP_CLOSED', 'a facilitator has closed signing up')
    const { random } = this.#components
    const { name, shownName } = readNames(wanted)
    if (this.#isTaken(name)) throw new JoineryError('PERSON_NAME_TAKEN', `the name ${name} is taken`)
    if (this.#now().people.size + this.#promised.size >= MAX_PEOPLE)
      throw new JoineryError('PEOPLE_FULL', `there are ${MAX_PEOPLE} accounts`)
    if (from !== undefined) await this.#credentials.chargeSignUp(from)
    this.#promised.add(name)
    try {
      const id = hex(random.bytes(16))
      const code = makeCode(random)
      const facts: PersonFact[] = [
        { kind: 'person-named', name, shownName },
        { kind: 'person-code', ...(await this.#credentials.make(code)) },
        ...besides
      ]
      const { role = 'learner' } = wanted
      if (role !== 'learner') facts.push({ kind: 'person-role', grant: random.bytes(GRANT_BYTES), role })
      await this.#append(id, facts)
      return { person: this.#existing(id), code }
    } finally {
      this.#promised.delete(name)
    }
  }

  /** A name that is free, near the one that is not. */
  freeName(text: string): string {
    return freeNameNear(personNameOf(text) ?? 'person', (name) => this.#isTaken(name))
  }

  /** @throws JoineryError `PERSON_NAME_INVALID`, `PERSON_NAME_TAKEN`, `NAME_CHANGES_USED_UP`, `NO_SUCH_PERSON` */
  async rename(id: PersonId, wanted: { shownName: string; name?: string }): Promise<KnownPerson> {
    const before = this.#existing(id)
    const { name, shownName } = readNames({ name: before.mustChoose ? undefined : before.name, ...wanted })
    const owner = this.#now().names.get(name)
    if ((owner !== undefined && owner !== id) || this.#promised.has(name))
      throw new JoineryError('PERSON_NAME_TAKEN', `the name ${name} is taken`)
    const claims = this.#factsOf(id)?.claims
    if (claims && !claims.has(name) && claims.size >= MAX_NAMES_PER_PERSON)
      throw new JoineryError('NAME_CHANGES_USED_UP', `${MAX_NAMES_PER_PERSON} names are kept for one person`)
    await this.#append(id, [{ kind: 'person-named', name, shownName }])
    return this.#existing(id)
  }

  /** A new code; the old one and all sessions end. */
  async newCode(id: PersonId): Promise<string> {
    return await this.#renewCode(id, [])
  }

  async #renewCode(id: PersonId, besides: readonly PersonFact[]): Promise<string> {
    this.#existing(id)
    const code = makeCode(this.#components.random)
    const stored = await this.#credentials.make(code)
    await this.#append(id, [{ kind: 'person-code', ...stored }, ...besides, ...this.#endings(id)])
    this.#credentials.forget(id)
    return code
  }

  /**
   * For somebody who is locked out and holds the device: a new code. Every device is told, see `recovered`.
   *
   * @param name whose; undefined: the facilitator who was the first, or one who is made
   * @throws JoineryError `NO_SUCH_PERSON`, `PEOPLE_FULL`
   */
  async recover(name: string | undefined): Promise<NewAccount> {
    if (name !== undefined) {
      const person = this.named(personNameOf(name) ?? '')
      if (!person) throw new JoineryError('NO_SUCH_PERSON', `nobody is called ${name}`)
      return { code: await this.#renewCode(person.id, RECOVERED), person: this.#existing(person.id) }
    }
    const [first] = this.list()
      .filter(({ role }) => role === 'facilitator')
      .sort((a, b) => this.#begunAt(a.id) - this.#begunAt(b.id))
    if (first) return { code: await this.#renewCode(first.id, RECOVERED), person: this.#existing(first.id) }
    const shownName = 'Facilitator'
    const free = this.#isTaken('facilitator') ? this.freeName(shownName) : 'facilitator'
    return await this.#add({ shownName, name: free, role: 'facilitator' }, undefined, RECOVERED)
  }

  /** Whose code is one that was made from the card of a device, until they are given another one. */
  recovered(): RecoveredCode[] {
    return findRecovered(this.list(), (id) => this.#factsOf(id))
  }

  #begunAt(id: PersonId): number {
    return Math.min(...[...(this.#factsOf(id)?.claims.values() ?? [])].map(({ lamport }) => lamport))
  }

  /** @throws JoineryError `LAST_FACILITATOR`, `NO_SUCH_PERSON` */
  async setRole(id: PersonId, role: PersonRole): Promise<KnownPerson> {
    const before = this.#existing(id)
    if (before.role === role) return before
    if (role !== 'facilitator') this.#keepOneFacilitator(before)
    const { random } = this.#components
    const facts: PersonFact[] = []
    if (role !== 'learner') facts.push({ kind: 'person-role', grant: random.bytes(GRANT_BYTES), role })
    const known = this.#factsOf(id)
    const grants = [...(known?.roles.keys() ?? [])].filter((grant) => !known?.takenRoles.has(grant))
    if (grants.length > 0)
      facts.push({
        kind: 'person-roles-taken',
        grants: grants.map((grant) => bytesOfHex(grant))
      })
    await this.#append(id, facts)
    return this.#existing(id)
  }

  /** The account goes, on every device, and all that the journal says of them. */
  async remove(id: PersonId): Promise<void> {
    this.#keepOneFacilitator(this.#existing(id))
    await this.#append(id, [{ kind: 'person-removed' }])
    this.#credentials.forget(id)
    await this.#components.journal.erase(personTopic(id))
  }

  /** Learners who never used their account, as far as this knows: what they own or show is for the caller to look at. */
  unused(): UnusedAccounts {
    return findUnused(this.list(), (id) => this.#factsOf(id))
  }

  /** As `remove`, of learners; a few at a time, so that they share writes to the disk. */
  async removeLearners(ids: readonly PersonId[]): Promise<void> {
    const learners = ids.filter((id) => this.person(id)?.role === 'learner')
    for (let at = 0; at < learners.length; at += REMOVED_AT_ONCE)
      await Promise.all(learners.slice(at, at + REMOVED_AT_ONCE).map((id) => this.remove(id)))
  }

  // Sessions

  /**
   * @param cookies of the browser: a session that it has, whoever's, ends, since its cookie is replaced
   * @returns the `Set-Cookie` of a new session
   */
  async openSession(id: PersonId, cookies?: string): Promise<string> {
    const { token, session } = makeToken(this.#components.random)
    const entries = [personEntry(id, { kind: 'person-session', session })]
    const before = sessionOfCookies(cookies, this.#cookieName)
    const owner = before === undefined ? undefined : this.#now().sessions.get(before)
    if (before !== undefined && owner !== undefined)
      entries.push(personEntry(owner, { kind: 'person-sessions-ended', sessions: [bytesOfHex(before)] }))
    await this.#components.journal.append(entries)
    return sessionCookie(this.#cookieName, token)
  }

  sessionCount(id: PersonId): number {
    let count = 0
    for (const owner of this.#now().sessions.values()) if (owner === id) count++
    return count
  }

  /** @returns the `Set-Cookie` that takes the session away from the browser */
  async endSession(cookies: string | undefined): Promise<string> {
    const session = sessionOfCookies(cookies, this.#cookieName)
    const person = this.ofSession(cookies)
    if (session !== undefined && person)
      await this.#append(person.id, [{ kind: 'person-sessions-ended', sessions: [bytesOfHex(session)] }])
    return endedCookie(this.#cookieName)
  }

  /** All sessions of a person but the one that asks. */
  async endOtherSessions(id: PersonId, cookies: string | undefined): Promise<void> {
    const facts = this.#endings(id, sessionOfCookies(cookies, this.#cookieName))
    if (facts.length > 0) await this.#append(id, facts)
  }

  #endings(id: PersonId, but?: string): PersonFact[] {
    const sessions = [...this.#now().sessions].filter(([session, owner]) => owner === id && session !== but)
    if (sessions.length === 0) return []
    return [
      {
        kind: 'person-sessions-ended',
        sessions: sessions.map(([session]) => bytesOfHex(session))
      }
    ]
  }

  #keepOneFacilitator(person: Person): void {
    if (person.role !== 'facilitator') return
    if (this.list().filter((one) => one.role === 'facilitator').length <= 1)
      throw new JoineryError('LAST_FACILITATOR', `${person.name} is the only facilitator`)
  }

  #isTaken(name: string): boolean {
    return this.#now().names.has(name) || this.#promised.has(name)
  }

  #factsOf(id: PersonId): PersonFacts | undefined {
    return this.#facts.state.people.get(id)
  }

  #existing(id: PersonId): KnownPerson {
    const person = this.person(id)
    if (!person) throw new JoineryError('NO_SUCH_PERSON', 'there is no such person')
    return person
  }

  #now(): PeopleView {
    this.#view ??= workOutPeople(this.#facts.state)
    return this.#view
  }

  async #append(id: PersonId, facts: readonly PersonFact[]): Promise<void> {
    await this.#components.journal.append(facts.map((fact) => personEntry(id, fact)))
  }
}

function readNames(wanted: { shownName: string; name?: string | undefined }): { name: string; shownName: string } {
  const shownName = cleanShownName(wanted.shownName)
  const name = personNameOf(wanted.name ?? shownName ?? '')
  if (shownName === undefined || name === undefined)
    throw new JoineryError('PERSON_NAME_INVALID', 'no letter or digit in it')
  if (isReservedName(name)) throw new JoineryError('PERSON_NAME_INVALID', `${name} is the name of a page`)
  return { name, shownName }
}
