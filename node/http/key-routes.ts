/** `/me/keys`: SSH keys and tokens of one's own; and `/api/me`, which tells a service beside the room whose token it was given. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { ACCESS_SCOPES } from '../../protocols/people.ts'
import { keyTextsIn } from '../../web-client/people/key-texts.ts'
import { renderKeysPage } from '../../web-client/people/keys-page.ts'
import type { KnownPerson, People } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { type FreshCode, FreshCodes } from './fresh-codes.ts'
import { allowed, changesBy } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

export interface KeyRouteOptions {
  people: PeopleDoor
  clock: Clock
  /** Undefined while git over SSH is not served here. */
  sshPort(): number | undefined
}

interface KeyForm {
  key?: string
  label?: string
  problem?: { field?: string; text: string }
}

export function addKeyRoutes(app: FastifyInstance, { people: door, clock, sshPort }: KeyRouteOptions): void {
  const fresh = new FreshCodes<FreshCode>(clock)
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  const people = (): People => {
    const current = door.current()
    if (!current) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return current
  }
  const sendKeys = (
    request: FastifyRequest,
    reply: FastifyReply,
    person: KnownPerson,
    form: KeyForm = {},
    status = 200
  ): FastifyReply => {
    const port = sshPort()
    const token = fresh.get(person.id)?.code
    const view = {
      ...form,
      name: person.name,
      host: request.raw.visit?.host.name ?? '',
      keys: people().keys.list(person.id),
      ...(token !== undefined && { token }),
      ...(port !== undefined && { sshPort: port })
    }
    return sendFreshPage(reply, renderKeysPage(view, visitorOf(request, door)), status)
  }

  app.get('/me/keys', async (request, reply) => {
    const person = personOf(request, door)
    return person ? sendKeys(request, reply, person) : goTo(reply, '/sign-in?next=/me/keys')
  })
  app.post('/me/keys/ssh', changesBy('change-own-account'), async (request, reply) => {
    const person = allowed(request, door, 'change-own-account')
    const key = formOf(request).get('key') ?? ''
    try {
      await people().keys.addSsh(person.id, key)
      return goTo(reply, '/me/keys')
    } catch (error) {
      return refuse(request, reply, person, { key, field: 'key' }, error)
    }
  })
  app.post('/me/keys/token', changesBy('change-own-account'), async (request, reply) => {
    const { id, name, shownName } = allowed(request, door, 'change-own-account')
    const form = formOf(request)
    const label = form.get('label') ?? ''
    const scopes = ACCESS_SCOPES.filter((scope) => form.getAll('scope').includes(scope))
    try {
      fresh.set(id, { name, shownName, code: await people().keys.addToken(id, { label, scopes }) })
      return goTo(reply, '/me/keys')
    } catch (error) {
      return refuse(request, reply, allowed(request, door, 'change-own-account'), { label, field: 'label' }, error)
    }
  })
  app.post('/me/keys/noted', changesBy('change-own-account'), async (request, reply) => {
    fresh.delete(allowed(request, door, 'change-own-account').id)
    return goTo(reply, '/me/keys')
  })
  app.post('/me/keys/end', changesBy('change-own-account'), async (request, reply) => {
    await people().keys.end(allowed(request, door, 'change-own-account').id, formOf(request).get('key') ?? '')
    return goTo(reply, '/me/keys')
  })
  app.get('/api/me', async (request, reply) => {
    reply.header('Cache-Control', 'no-store')
    const [, token] = /^Bearer ([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? '') ?? []
    const person =
      token === undefined ? personOf(request, door) : await people().withCodeOrToken('', token, request.ip, 'profile')
    if (!person) throw new JoineryError('NOT_SIGNED_IN', 'nobody is signed in')
    const { id, name, shownName, role } = person
    return { id, name, shownName, role }
  })

  const refuse = (
    request: FastifyRequest,
    reply: FastifyReply,
    person: KnownPerson,
    { field, ...typed }: { field: string; key?: string; label?: string },
    error: unknown
  ): FastifyReply => {
    if (!(error instanceof JoineryError) || error.status >= 500) throw error
    const words = keyTextsIn(visitorOf(request, door).language).problems
    const text = words[error.code as keyof typeof words] ?? words.BAD_REQUEST
    return sendKeys(request, reply, person, { ...typed, problem: { field, text } }, error.status)
  }
}
