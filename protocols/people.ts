/** People of a room as the features see them. Accounts, sessions and how a name becomes somebody's are behind these interfaces (node/people). */

/** Random, 16 bytes in hex; never reused. A person keeps it whatever their name becomes. */
export type PersonId = string

export type PersonRole = 'learner' | 'helper' | 'facilitator'

export interface Person {
  readonly id: PersonId
  /** The first part of their addresses: lower-case letters, digits and single hyphens, 1 to 39 long, never the name of a page of ours. */
  readonly name: string
  /** As they wrote it, for showing. */
  readonly shownName: string
  readonly role: PersonRole
}

/** What a token may be used for. `push`: git, as the person. `profile`: to learn who they are (`/api/me`), for services beside the room. */
export const ACCESS_SCOPES = ['push', 'profile'] as const
export type AccessScope = (typeof ACCESS_SCOPES)[number]
export type AccessKeyUse = 'ssh' | 'token'

export interface PeopleAccess {
  person(id: PersonId): Person | undefined
  /** @param name as in an address; upper case is taken as lower case */
  named(name: string): Person | undefined
  list(): Person[]
  onChange(listener: () => void): () => void
}

/** Finds out who asks. One place for pages, git over HTTP and everything later. */
export interface SignIn {
  /**
   * @param from the visitor's IP address, for the limits on guessing
   * @throws JoineryError `SIGN_IN_FAILED` (also for a name that nobody has, after the same work) or `TOO_MANY_TRIES`
   */
  withPassword(name: string, password: string, from: string): Promise<Person>
  /**
   * As `withPassword`, for programs that a person has given their name to: the code, or a token that was made for this.
   *
   * @throws JoineryError `SIGN_IN_FAILED` (also for a token without the scope), `TOO_MANY_TRIES`
   */
  withCodeOrToken(name: string, secret: string, from: string, scope: AccessScope): Promise<Person>
  /** Whose session it is, by the `Cookie` header; undefined when there is none or it was ended. */
  ofSession(cookies: string | undefined): Person | undefined
}
