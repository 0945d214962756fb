import type { MirrorRequest } from '../../protocols/content.ts'
import { chooseLanguage, isLanguage, type Language } from '../../web-client/languages.ts'

/** The language that was clicked on a list, or what the browser asks for. Cookies count for nothing below a mirror. */
export function languageOf({ query, headers }: MirrorRequest): Language {
  const asked = query.get('lang')
  return isLanguage(asked) ? asked : chooseLanguage(headers['accept-language'])
}
