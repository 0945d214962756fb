/** What we add to a lesson's page, in the page's own language. */
const NEEDS_INTERNET: Readonly<Record<string, string>> = {
  en: 'needs the internet',
  es: 'necesita internet',
  fr: 'n\u00e9cessite internet',
  pt: 'precisa da internet'
}

/** @param language as in `<html lang>`, such as `es` or `pt-BR` */
export function needsInternetText(language: string | undefined): string {
  const base = (language ?? '').toLowerCase().split('-')[0] ?? ''
  return (Object.hasOwn(NEEDS_INTERNET, base) ? NEEDS_INTERNET[base] : undefined) ?? 'needs the internet'
}
