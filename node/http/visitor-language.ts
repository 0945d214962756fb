/** Which language a visitor reads: the one they clicked on a page of ours, or what their browser asks for. */
import type { IncomingMessage } from 'node:http'
import { chooseLanguage, isLanguage, type Language } from '../../web-client/languages.ts'

const COOKIE = 'joinery-language'
const COOKIE_SECONDS = 400 * 24 * 3600

export function languageOf(request: IncomingMessage): Language {
  return (
    clickedLanguage(request) ??
    keptLanguage(request.headers.cookie) ??
    chooseLanguage(request.headers['accept-language'])
  )
}

/** The language that was clicked just now, as a cookie, so that the next page has it too. Nothing is kept of whoever clicked none. */
export function languageCookie(request: IncomingMessage): string | undefined {
  const clicked = clickedLanguage(request)
  return clicked && `${COOKIE}=${clicked}; Path=/; SameSite=Lax; Max-Age=${COOKIE_SECONDS}`
}

function clickedLanguage({ visit }: IncomingMessage): Language | undefined {
  const asked = new URLSearchParams(visit?.path.search).get('lang')
  return isLanguage(asked) ? asked : undefined
}

function keptLanguage(cookies: string | undefined): Language | undefined {
  const found = new RegExp(`(?:^|;\\s*)${COOKIE}=([a-z]{2})(?:;|$)`).exec(cookies ?? '')?.[1]
  return isLanguage(found) ? found : undefined
}
