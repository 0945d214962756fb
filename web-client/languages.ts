/** The languages of our own texts, and which one a visitor gets. */

export const LANGUAGES = ['en', 'es', 'fr', 'pt'] as const
export type Language = (typeof LANGUAGES)[number]

export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  en: 'English',
  es: 'Español',
  fr: 'Français',
  pt: 'Português'
}

/** All of today's; a language that is written from right to left says so here, and its pages turn round. */
const DIRECTIONS: Readonly<Record<Language, 'ltr' | 'rtl'>> = { en: 'ltr', es: 'ltr', fr: 'ltr', pt: 'ltr' }

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return DIRECTIONS[language]
}

export function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some((language) => language === text)
}

/** More than any browser sends; the rest is not looked at. */
const MAX_RANGES = 20

/**
 * RFC 9110 section 12.5.4 with lookup by primary subtag: the highest `q` wins, of equal ones the first.
 *
 * @param acceptLanguage the header; English when it names none of ours
 */
export function chooseLanguage(acceptLanguage: string | undefined): Language {
  let best: Language = 'en'
  let bestQuality = 0
  for (const range of (acceptLanguage ?? '').split(',').slice(0, MAX_RANGES)) {
    const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
    const primary = tag.trim().split('-')[0]
    const named = parameters.map((one) => /^\s*q\s*=\s*([\d.]+)\s*$/.exec(one)?.[1]).find((q) => q !== undefined)
    const quality = named === undefined ? 1 : Number(named)
    if (isLanguage(primary) && quality > bestQuality && quality <= 1) {
      best = primary
      bestQuality = quality
    }
  }
  return best
}
