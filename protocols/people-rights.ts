/** What a role allows: the one place. Pages, commands, git and everything later ask `may`. */
import type { Person, PersonRole } from './people.ts'

/** Without an account one reads; what belongs to somebody is decided by `owns` beside this table. */
const RIGHTS = {
  /** Repositories, files, commits: whoever reaches the room. */
  'read-repositories': 'anybody',
  /** Text and titles of shared notes: whoever reaches the room. */
  'write-notes': 'anybody',
  'sign-up': 'anybody',
  'sign-in': 'anybody',
  'change-own-account': 'learner',
  'create-repository': 'learner',
  /** With ownership or as a collaborator. */
  'push-own': 'learner',
  'change-own-repository': 'learner',
  /** Lists with names for those who help. */
  'see-people': 'helper',
  'reset-code': 'helper',
  'change-roles': 'facilitator',
  'remove-person': 'facilitator',
  'set-sign-up': 'facilitator',
  /** Printed on everybody's card. */
  'set-wifi': 'facilitator',
  /** Everybody's notes and repositories in one archive. */
  'take-class-home': 'facilitator',
  'begin-new-class': 'facilitator',
  /** A sticky and a raised hand of one's own. */
  'show-signal': 'learner',
  /** The room as it is just now, with the names of those who need help. */
  'watch-room': 'helper',
  'take-signals-down': 'facilitator',
  'set-clock': 'facilitator',
  'change-devices': 'facilitator',
  'change-content': 'facilitator',
  'check-room': 'facilitator'
} as const satisfies Record<string, PersonRole | 'anybody'>

export type Action = keyof typeof RIGHTS

const RANKS: Readonly<Record<PersonRole, number>> = { learner: 1, helper: 2, facilitator: 3 }

export function may(person: Pick<Person, 'role'> | undefined, action: Action): boolean {
  const least = RIGHTS[action]
  return least === 'anybody' || (person !== undefined && RANKS[person.role] >= RANKS[least])
}

/** Nobody hands out a code for, or changes, somebody with more rights than they have. */
export function mayActOn(person: Pick<Person, 'role'>, action: Action, other: Pick<Person, 'role'>): boolean {
  return may(person, action) && RANKS[person.role] >= RANKS[other.role]
}
