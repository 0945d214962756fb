/** Every text of `/take-home`, one file per language in `texts/`. The compiler finds a missing one. */
import type { Language } from '../languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface TakeHomeTexts {
  title: string
  tagline: string
  download: string
  common: { title: string; explain: string; lessons(count: number): string; notes(count: number): string }
  mine: { title: string; explain: string; signIn: string; repositories(count: number): string }
  leave: { title: string; explain: string; undo: string; remove: string }
  wholeClass: { title: string; explain: string; people(count: number): string }
  newClass: {
    title: string
    explain: string
    first: string
    confirm(word: string): string
    /** What has to be typed. */
    word: string
    button: string
    notConfirmed: string
    changed: string
    failed: string
    done: string
  }
}

const ALL: Readonly<Record<Language, TakeHomeTexts>> = { en, es, fr, pt }

export function takeHomeTextsIn(language: Language): TakeHomeTexts {
  return ALL[language]
}
