/** Every text of the pages about people, one file per language in `texts/`. The compiler finds a missing one. */
import type { PersonRole } from '../../protocols/people.ts'
import type { Language } from '../languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface PeopleTexts {
  signUp: { title: string; tagline: string; name: string; nameHint: string; make: string; haveCode: string }
  /** Asked for only when the first choice is taken or has no plain letters. */
  address: { label: string; hint: string }
  signIn: {
    title: string
    name: string
    code: string
    codeHint: string
    enter: string
    noAccount: string
    lost: string
  }
  signOut: { title: string; explain: string; button: string }
  code: { title: string; explain: string; name: string; code: string; git: string; noted: string }
  me: { title: string; role: Record<PersonRole, string>; repositories: string }
  naming: { title: string; shown: string; save: string }
  sessions: { title: string; count(count: number): string; endOthers: string }
  newCode: { title: string; explain: string; button: string }
  remove: { title: string; explain: string; confirm(name: string): string; button: string }
  done: string
  people: {
    title: string
    explain: string
    account: string
    newCode: string
    codeFor(name: string): string
    noted: string
    role: string
    changeRole: string
    remove: string
    add: string
    addTitle: string
    names: string
    namesHint: string
  }
  /** Who may make an account of their own. */
  signUpState: { title: string; open: string; closed: string; close: string; reopen: string }
  unused: {
    title: string
    explain: string
    once(count: number): string
    cards(count: number): string
    again(count: number): string
    names: string
    remove: string
    removing(count: number): string
    none: string
  }
  cards: { title: string; explain: string; count(count: number): string; done: string }
  wifi: {
    title: string
    explain: string
    name: string
    password: string
    open: string
    /** On a card. */
    step: string
    badName: string
    badPassword: string
  }
  problems: {
    wrong: string
    tooMany: string
    busy: string
    taken(free: string): string
    noLetters: string
    reserved: string
    full: string
    closed: string
    lastFacilitator: string
    namesUsedUp: string
    notConfirmed: string
    /** Of several names, those that could not be taken. */
    notAdded(names: string): string
    tooManyNames(most: number): string
    failed: string
  }
}

const ALL: Readonly<Record<Language, PeopleTexts>> = { en, es, fr, pt }

export function peopleTextsIn(language: Language): PeopleTexts {
  return ALL[language]
}
