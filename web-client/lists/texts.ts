/** Texts of the lists of programs and of lessons, beside those of the first page. */
import type { Language } from '../languages.ts'

interface ListTexts {
  noPrograms: string
  noLessons: string
  /** Before a file's hash. */
  check: string
  others: string
}

const TEXTS: Readonly<Record<Language, ListTexts>> = {
  en: {
    noPrograms: 'There are no programs in this room yet.',
    noLessons: 'There are no lessons in this room yet.',
    check: 'SHA-256, to check the download',
    others: 'For other systems'
  },
  es: {
    noPrograms: 'Todavía no hay programas en esta sala.',
    noLessons: 'Todavía no hay lecciones en esta sala.',
    check: 'SHA-256, para comprobar la descarga',
    others: 'Para otros sistemas'
  },
  fr: {
    noPrograms: 'Il n’y a pas encore de programmes dans cette salle.',
    noLessons: 'Il n’y a pas encore de leçons dans cette salle.',
    check: 'SHA-256, pour vérifier le téléchargement',
    others: 'Pour d’autres systèmes'
  },
  pt: {
    noPrograms: 'Ainda não há programas nesta sala.',
    noLessons: 'Ainda não há lições nesta sala.',
    check: 'SHA-256, para conferir o download',
    others: 'Para outros sistemas'
  }
}

export const listTextsIn = (language: Language): ListTexts => TEXTS[language]
