import type { ServerResponse } from 'node:http'

/** Our own pages: nothing from elsewhere, nothing inline, never in a frame. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'"
].join('; ')

/** Of a page that carries its style sheet with it: that one text and no other. @param hash of the text, in base64 */
export function policyWithStyle(hash: string): string {
  return PAGE_POLICY.replace("style-src 'self'", `style-src 'self' 'sha256-${hash}'`)
}

/**
 * Mirrored pages and files: other people's scripts run, but in an origin of their own. Without `allow-same-origin` they cannot read
 * what belongs to this address; cookies do not know ports, so another port would not be enough.
 */
const CONTENT_POLICY =
  'sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-modals'

/** What is neither a page of ours nor content: text, JSON, redirects, what is refused. Should a browser take it for a page, it can do nothing there. */
const NOTHING_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** On every answer, unless it has its own. */
export function setCommonHeaders(response: ServerResponse): void {
  response.setHeader('Content-Security-Policy', NOTHING_POLICY)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
}

/** Most pages have a form: with `no-referrer` browsers post it with `Origin: null`, which the guard against foreign pages refuses. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': PAGE_POLICY,
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()'
}

/**
 * Content is public to whoever reaches the room, and a sandboxed lesson has an opaque origin: without the star its own fonts
 * and modules, which browsers fetch with CORS, would be refused. No cookie is ever honoured there.
 */
export const CONTENT_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_POLICY,
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin'
}
