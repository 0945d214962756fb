/** Every text of the notes' pages, one file per language in `texts/`. The compiler finds a missing one. */
import type { Language } from '../languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface NoteTexts {
  notes: string
  tagline: string
  home: string
  allNotes: string
  noScript: string
  /** The list */
  newNote: string
  titleOfNew: string
  titlePlaceholder: string
  create: string
  empty: string
  here(people: number): string
  noText: string
  listFailed: string
  /** The note */
  title: string
  rename: string
  renamed: string
  renameFailed: string
  download: string
  loading: string
  yourName: string
  guest(number: number): string
  people: string
  you: string
  onlyYou: string
  editor: string
  placeholder: string
  /** Connection and saving, in words */
  connecting: string
  connected: string
  connectedElsewhere(device: string): string
  offline: string
  offlineKept: string
  saving: string
  savedHere: string
  savedHereOnly: string
  savedOn(devices: number): string
  nothingToSave: string
  notKeptInBrowser: string
  refused: Record<'full' | 'foreign' | 'removed' | 'other', string>
  rebuilt: string
}

const ALL: Readonly<Record<Language, NoteTexts>> = { en, es, fr, pt }

export function noteTextsIn(language: Language): NoteTexts {
  return ALL[language]
}
