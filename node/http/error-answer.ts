/** Errors as visitors see them: the code, a sentence, what to do next. The error's own message stays here: it may name local paths. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import { renderErrorPage } from '../../web-client/error-page.ts'
import { textsIn } from '../../web-client/texts.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { languageOf } from './visitor-language.ts'

interface PublicError {
  code: string
  /** What happened. */
  text: string
  /** What to do next. */
  next: string
}

export const publicErrorSchema = {
  $id: 'Error',
  type: 'object',
  required: ['code', 'text', 'next'],
  additionalProperties: false,
  properties: { code: { type: 'string' }, text: { type: 'string' }, next: { type: 'string' } }
} as const

export function asJoineryError(error: unknown): JoineryError {
  if (error instanceof JoineryError) return error
  return new JoineryError(codeOfFastify(error) ?? 'INTERNAL', 'unexpected', { cause: error })
}

/** Worth a line in the log. "Come again" is what a busy device says, as often as somebody asks: their lines would fill its card. */
export function isFailure({ status }: JoineryError): boolean {
  return status >= 500 && status !== 503
}

/** What fastify refuses before a route sees it is the visitor's to put right, not a failure here. */
function codeOfFastify(error: unknown): string | undefined {
  const { code, statusCode } = (error ?? {}) as { code?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_ERR_')) return undefined
  if (statusCode === 413) return 'TOO_LARGE'
  if (statusCode === 415) return 'WRONG_CONTENT_TYPE'
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? 'BODY_INVALID' : undefined
}

/** Answers with the error as the visitor prefers: a page, JSON or plain text. After the headers have left it only ends the connection. */
export function answerError(request: IncomingMessage, response: ServerResponse, error: JoineryError): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const form = preferredForm(request.url ?? '/', request.headers.accept)
  const language = form === 'page' ? languageOf(request) : 'en'
  const texts = textsIn(language)
  const shown: PublicError = {
    code: error.code,
    text: texts.errorTitle(error.status),
    next: form === 'page' ? texts.errorNext(error.status) : error.next
  }
  response.statusCode = error.status
  for (const name of ['Content-Encoding', 'Content-Range', 'ETag', 'Last-Modified', 'Location'])
    response.removeHeader(name)
  response.setHeader('Cache-Control', 'no-store')
  for (const [name, value] of Object.entries(PAGE_HEADERS)) response.setHeader(name, value)
  if (error.status === 503 && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', '2')
  // A browser comes again by itself, as pip does.
  if (error.code === 'NOT_HEARD_YET' && form === 'page') response.setHeader('Refresh', '3')
  if (error.status === 405) response.setHeader('Allow', 'GET, HEAD')
  let body: string
  if (form === 'json') {
    response.setHeader('Content-Type', 'application/json; charset=utf-8')
    body = JSON.stringify(shown)
  } else if (form === 'page') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    response.setHeader('Vary', 'Accept, Accept-Language, Cookie')
    body = renderErrorPage({ status: error.status, ...shown, language })
  } else {
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    body = `${shown.text} (${shown.code})\n${shown.next}\n`
  }
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Programs ask the API or name JSON, browsers name HTML; pip, R and curl get text that reads well in a terminal. */
export function preferredForm(url: string, accept: string | undefined): 'json' | 'page' | 'text' {
  if (url.startsWith('/api/')) return 'json'
  if (accept?.includes('text/html')) return 'page'
  if (accept && /\bapplication\/(?:[\w.-]+\+)?json\b/.test(accept)) return 'json'
  return 'text'
}
