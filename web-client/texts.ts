/** Every text of our pages, one file per language in `texts/`. The compiler finds a missing one. */
import type { Language } from './languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface Texts {
  skip: string
  noRoom: string
  /** Title of the browser's tab behind the name of the room. */
  product: string
  tagline: string
  language: string
  navigation: string
  /** Of the links at the top of each page. */
  mainLinks: string
  account: {
    signIn: string
    signUp: string
    yours: string
    /** Of the room, for those who help. */
    people: string
    mustChoose: string
    mustChooseExplain(name: string): string
    chooseName: string
  }
  join: { title: string; explain: string; signUp: string; signIn: string }
  repositories: { title: string; explain: string; open: string; all: string }
  copy: string
  copied: string

  address: { title: string; explain: string; qr(address: string): string; also: string; onlyHere: string }
  notes: { title: string; explain: string; open: string }
  lessons: { title: string; explain: string; count(count: number): string }
  python: { title: string; explain: string; count(count: number): string; which: string; example: string }
  r: { title: string; explain: string; count(count: number): string; which: string }
  installers: {
    title: string
    explain: string
    count(count: number): string
    yours: string
    systems: Record<'windows' | 'macos' | 'linux' | 'other', string>
  }
  more(count: number): string
  empty: { title: string; explain: string; how: string }
  asking: { title: string; explain: string; several: string; code: string; wait: string }
  devicesServe(count: number): string
  facilitatorPage: string
  firstPage: string

  devices: {
    title: string
    explain: string
    thisDevice: string
    roles: Record<'node' | 'laptop' | 'cloud', string>
    connected: string
    away: string
    disk: string
    diskUsed(used: string, capacity: string): string
    copies: string
    copiesHeld(held: string, wanted: string): string
    copying(size: string): string
    remaining(time: string): string
    complete: string
    safe: string
    notSafe: string
    leaving: string
    needsUpdate: string
    open: string
  }
  waiting: { title: string; explain: string; code: string; noCode: string; approve: string }
  wanted: { title: string; explain: string; times(count: number): string; csv: string; json: string }
  neighbours: { title: string; explain: string; unnamed: string; devices(count: number): string }
  /** While a download waits its turn. */
  turn: {
    title: string
    next: string
    before(count: number): string
    soon: string
    minutes(count: number): string
    explain: string
  }

  errorTitle(status: number): string
  errorNext(status: number): string
}

const ALL: Readonly<Record<Language, Texts>> = { en, es, fr, pt }

export function textsIn(language: Language): Texts {
  return ALL[language]
}
