/** What a person can ask of a node about accounts; part of `Operations`. */
import type { PersonRole } from '../../protocols/people.ts'

/** A person as administrators see them. */
export interface PersonLine {
  id: string
  /** As in addresses and for signing in. */
  name: string
  shownName: string
  role: PersonRole
  /** Somebody else had claimed the name earlier: they are asked to choose another one. */
  mustChoose: boolean
  /** Browsers that are signed in. */
  sessions: number
}

/** The code is shown this once: the room keeps a hash of it only. */
interface PersonWithCode {
  person: PersonLine
  code: string
}

export interface PersonOperations {
  people(): Promise<PersonLine[]>
  /** @throws JoineryError `PERSON_NAME_INVALID`, `PERSON_NAME_TAKEN`, `PEOPLE_FULL` */
  addPerson(options: { name: string; role: PersonRole }): Promise<PersonWithCode>
  /** The account goes on every device, with all that the record says of it. `NO_SUCH_PERSON`, `LAST_FACILITATOR` */
  removePerson(options: { name: string }): Promise<PersonLine>
  setRole(options: { name: string; role: PersonRole }): Promise<PersonLine>
  /** A new code instead of a lost one; browsers that are signed in are signed out. */
  newCode(options: { name: string }): Promise<PersonWithCode>
  /** For somebody who is locked out: a new code. @param options.name absent: the first facilitator, or a new one */
  recoverPerson(options: { name?: string }): Promise<PersonWithCode>
  /** Whether people may make accounts of their own. */
  signUp(): Promise<{ open: boolean }>
  setSignUp(options: { open: boolean }): Promise<{ open: boolean }>
}

export const PERSON_OPERATION_KINDS: Readonly<Record<keyof PersonOperations, 'answer'>> = {
  people: 'answer',
  addPerson: 'answer',
  removePerson: 'answer',
  setRole: 'answer',
  newCode: 'answer',
  recoverPerson: 'answer',
  signUp: 'answer',
  setSignUp: 'answer'
}
