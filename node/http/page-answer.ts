/** How pages are answered: who looks, in which language, and with which headers. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { may } from '../../protocols/people-rights.ts'
import { systemOf, type Visitor } from '../../web-client/visitor.ts'
import type { KnownPerson } from '../people/index.ts'
import { sha256 } from '../platform/hash.ts'
import { matches } from './content-bytes.ts'
import './errors.ts'
import type { PeopleDoor } from './people-door.ts'
import { languageCookie, languageOf } from './visitor-language.ts'

/** The longest form has sixty names of sixty characters, which take up to nine bytes each in an address. */
const MAX_FORM_BYTES = 48 * 1024
/** A form has a handful of fields. */
const MAX_FORM_FIELDS = 20

export function personOf(request: FastifyRequest, people: PeopleDoor | undefined): KnownPerson | undefined {
  return people?.current()?.ofSession(request.headers.cookie)
}

export function visitorOf(request: FastifyRequest, people: PeopleDoor | undefined): Visitor {
  const visit = request.raw.visit
  const parameters = new URLSearchParams(visit?.path.search ?? '')
  parameters.delete('lang')
  const search = parameters.toString()
  const person = personOf(request, people)
  const signal = person && people?.signalOf?.(person.id)
  if (person) people?.seen?.(person.id)
  return {
    language: languageOf(request.raw),
    system: systemOf(request.headers['user-agent']),
    path: (visit?.path.path ?? '/').split('/').map(encodeURIComponent).join('/'),
    accounts: people?.current() !== undefined,
    ...(search !== '' && { search }),
    ...(person && {
      person: {
        ...{ name: person.name, shownName: person.shownName, mustChoose: person.mustChoose },
        helps: may(person, 'see-people'),
        ...(signal && { signal })
      }
    })
  }
}

/** A page that is worth keeping: asked for again with its hash. */
export function sendPage(request: FastifyRequest, reply: FastifyReply, page: string): FastifyReply {
  const etag = etagOf(Buffer.from(page))
  reply
    .header('ETag', etag)
    .header('Cache-Control', 'private, no-cache')
    .header('Vary', 'Accept-Language, Cookie, Host, User-Agent')
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return reply.type('text/html; charset=utf-8').send(page)
}

/** A page that belongs to one person or to one moment: kept nowhere. */
export function sendFreshPage(reply: FastifyReply, page: string, status = 200): FastifyReply {
  return reply.code(status).header('Cache-Control', 'no-store').type('text/html; charset=utf-8').send(page)
}

/** Headers of every page in a scope, and the language that was clicked. */
export function addPageHeaders(app: FastifyInstance, headers: Readonly<Record<string, string>>): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers)
    const language = languageCookie(request.raw)
    if (language !== undefined) reply.header('Set-Cookie', language)
    done()
  })
}

/** After a change, so that reloading does not do it again. */
export function goTo(reply: FastifyReply, path: string): FastifyReply {
  return reply.header('Cache-Control', 'no-store').redirect(path, 303)
}

export function etagOf(bytes: Uint8Array): string {
  return `"${Buffer.from(sha256(bytes)).toString('base64url').slice(0, 22)}"`
}

/** Lets a scope take forms. */
export function acceptForms(app: FastifyInstance): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => {
      const fields = new URLSearchParams(body.toString())
      if (fields.size > MAX_FORM_FIELDS) done(new JoineryError('TOO_LARGE', 'too many fields'))
      else done(null, fields)
    }
  )
}

/** @throws JoineryError `BAD_REQUEST` for what is no form */
export function formOf(request: FastifyRequest): URLSearchParams {
  if (!(request.body instanceof URLSearchParams)) throw new JoineryError('BAD_REQUEST', 'a form was expected')
  return request.body
}

/**
 * Where to go after signing in: only ever a path of ours. `//host` and `/\host` are other hosts to a browser.
 *
 * @returns undefined for everything else
 */
export function ownPath(text: string | null): string | undefined {
  if (text === null || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text) || text.length > 500) return undefined
  return text
}
