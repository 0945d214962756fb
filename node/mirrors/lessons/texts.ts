/** What we add to a lesson's page, in the page's own language. */
const NEEDS_INTERNET: Readonly<Record<string, string>> = {
  en: 'needs the internet',
  es: 'necesita internet',
  fr: 'n\u00e9cessite internet',
  pt: 'precisa da internet'
}

export interface BarTexts {
  title: string
  /** To the sticky and the hand. */
  signals: string
  /** To the room's first page. */
  back: string
}

const BAR = {
  en: { title: 'Your classroom', signals: 'Sticky or hand', back: 'Room' },
  es: { title: 'Tu sala', signals: 'Nota o mano', back: 'Sala' },
  fr: { title: 'Votre salle', signals: 'Papillon ou main', back: 'Salle' },
  pt: { title: 'Sua sala', signals: 'Nota ou m\u00e3o', back: 'Sala' }
} as const satisfies Record<string, BarTexts>

export function barTexts(language: string | undefined): BarTexts {
  const base = baseOf(language)
  return Object.hasOwn(BAR, base) ? BAR[base as keyof typeof BAR] : BAR.en
}

function baseOf(language: string | undefined): string {
  return (language ?? '').toLowerCase().split('-')[0] ?? ''
}

/** @param language as in `<html lang>`, such as `es` or `pt-BR` */
export function needsInternetText(language: string | undefined): string {
  const base = baseOf(language)
  return (Object.hasOwn(NEEDS_INTERNET, base) ? NEEDS_INTERNET[base] : undefined) ?? 'needs the internet'
}
