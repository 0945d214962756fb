/** Signing up, in and out, `/me` and `/people`. Forms are posted, answered with a redirect, and come back with what was wrong at the field. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonId, PersonRole } from '../../protocols/people.ts'
import { type Action, may, mayActOn } from '../../protocols/people-rights.ts'
import { isReservedName, personNameOf } from '../../protocols/person-name.ts'
import type { RoomGlance } from '../../protocols/room-glance.ts'
import type { FormProblem } from '../../web-client/form.ts'
import type { Language } from '../../web-client/languages.ts'
import { type AccountForm, renderAccountPage } from '../../web-client/people/account-page.ts'
import { type CardsView, renderCardsPage } from '../../web-client/people/cards-page.ts'
import { MAX_NAMES_AT_ONCE, renderPeoplePage } from '../../web-client/people/people-page.ts'
import {
  renderSignInPage,
  renderSignOutPage,
  renderSignUpPage,
  type SignForm
} from '../../web-client/people/sign-pages.ts'
import { peopleTextsIn } from '../../web-client/people/texts.ts'
import type { KnownPerson, People } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { type FreshCode, FreshCodes } from './fresh-codes.ts'
import { allowed, changesBy } from './guarded-routes.ts'
import {
  acceptForms,
  addPageHeaders,
  formOf,
  goTo,
  ownPath,
  personOf,
  sendFreshPage,
  visitorOf
} from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import type { RepositoryDoor } from './repository-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'

export interface PeopleRouteOptions {
  people: PeopleDoor
  /** Whose repositories go with the account. */
  repositories: RepositoryDoor | undefined
  clock: Clock
  addresses(): NetworkAddress[]
  port(): number
  /** Who is here; absent: nobody is told. */
  here?: { glance(): Promise<RoomGlance>; script: string | undefined } | undefined
}

/** A class that comes in through one router's address; wrong tries and new accounts are counted by themselves (node/people). */
const CLASS_PACE = { burst: 240, refillMs: 250 }
/** A few classes. */
const MAX_CARDS = 240

const ROLES: readonly PersonRole[] = ['learner', 'helper', 'facilitator']

export function addPeopleRoutes(app: FastifyInstance, options: PeopleRouteOptions): void {
  const { people: door } = options
  const fresh = new FreshCodes<FreshCode>(options.clock)
  const cards = new FreshCodes<FreshCode[]>(options.clock)
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  const people = (): People => {
    const current = door.current()
    if (!current) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return current
  }

  /** The account first: it may not go, and then nothing does. */
  const removePerson = async (id: PersonId): Promise<void> => {
    await people().remove(id)
    const directory = options.repositories?.current()?.directory
    for (const repository of directory?.ofOwner(id) ?? []) await directory?.remove(repository.id)
  }

  // Sign up, in, out

  app.get('/join', async (_request, reply) => reply.redirect('/sign-up', 301))
  app.get('/sign-up', async (request, reply) => {
    const isClosed = !people().signUp.isOpen
    return sendFreshPage(reply, renderSignUpPage({ ...nextOf(request), isClosed }, visitorOf(request, door)))
  })
  app.post('/sign-up', changesBy('sign-up', CLASS_PACE), async (request, reply) => {
    const form = formOf(request)
    const name = form.get('name') ?? ''
    const address = form.get('address')
    const next = ownPath(form.get('next'))
    try {
      const wanted = address === null ? { shownName: name } : { shownName: name, name: address }
      const { person, code } = await people().add(wanted, request.ip)
      reply.header('Set-Cookie', await people().openSession(person.id, request.headers.cookie))
      fresh.set(person.id, { name: person.name, shownName: person.shownName, code })
      return goTo(reply, '/me')
    } catch (error) {
      const visitor = visitorOf(request, door)
      const problem = problemOf(error, visitor.language, { people: people(), wanted: address ?? name })
      const isClosed = hasCode(error, 'SIGN_UP_CLOSED')
      const sent: SignForm = { name, problem, isClosed, ...(next !== undefined && { next }) }
      // The field for the address comes only when it is needed: most people never meet it.
      if (problem.field === 'address' || address !== null)
        sent.address = address ?? (hasCode(error, 'PERSON_NAME_TAKEN') ? people().freeName(name) : '')
      return sendFreshPage(reply, renderSignUpPage(sent, visitor), statusOf(error))
    }
  })
  app.get('/sign-in', async (request, reply) => {
    people()
    return sendFreshPage(reply, renderSignInPage(nextOf(request), visitorOf(request, door)))
  })
  app.post('/sign-in', changesBy('sign-in', CLASS_PACE), async (request, reply) => {
    const form = formOf(request)
    const name = form.get('name') ?? ''
    const next = ownPath(form.get('next'))
    try {
      const person = await people().withPassword(name, form.get('code') ?? '', request.ip)
      reply.header('Set-Cookie', await people().openSession(person.id, request.headers.cookie))
      return goTo(reply, next ?? '/')
    } catch (error) {
      const visitor = visitorOf(request, door)
      const problem = problemOf(error, visitor.language)
      const sent = { name, problem, ...(next !== undefined && { next }) }
      return sendFreshPage(reply, renderSignInPage(sent, visitor), statusOf(error))
    }
  })
  app.get('/sign-out', async (request, reply) => {
    if (!personOf(request, door)) return goTo(reply, '/sign-in')
    return sendFreshPage(reply, renderSignOutPage(visitorOf(request, door)))
  })
  app.post('/sign-out', changesBy('sign-in', CLASS_PACE), async (request, reply) => {
    const { cookie } = request.headers
    const person = personOf(request, door)
    if (person) fresh.delete(person.id)
    reply.header('Set-Cookie', await people().endSession(cookie))
    return goTo(reply, '/')
  })

  // My own account

  const sendAccount = (
    request: FastifyRequest,
    reply: FastifyReply,
    person: KnownPerson,
    form: AccountForm,
    status = 200
  ): FastifyReply => {
    const { id, name, shownName, role } = person
    const code = fresh.get(id)
    const account = {
      ...{ name, shownName, role },
      ...(code && code.name === name && { code: code.code }),
      sessions: people().sessionCount(id),
      seesPeople: may(person, 'see-people'),
      hasRepositories: options.repositories !== undefined
    }
    return sendFreshPage(reply, renderAccountPage(account, form, visitorOf(request, door)), status)
  }
  app.get('/me', async (request, reply) => {
    const person = personOf(request, door)
    if (!person) return goTo(reply, '/sign-in?next=/me')
    const saved = new URLSearchParams(request.raw.visit?.path.search).has('saved')
    return sendAccount(request, reply, person, { saved })
  })
  app.post('/me/code-noted', changesBy('change-own-account'), async (request, reply) => {
    fresh.delete(allowed(request, door, 'change-own-account').id)
    return goTo(reply, '/')
  })
  app.post('/me/name', changesBy('change-own-account'), async (request, reply) => {
    const person = allowed(request, door, 'change-own-account')
    const form = formOf(request)
    const wanted = { shownName: form.get('shown-name') ?? '', name: form.get('address') ?? '' }
    try {
      await people().rename(person.id, wanted)
      return goTo(reply, '/me?saved')
    } catch (error) {
      const problem = problemOf(error, visitorOf(request, door).language, { people: people(), wanted: wanted.name })
      return sendAccount(request, reply, person, { ...wanted, problem }, statusOf(error))
    }
  })
  app.post('/me/sign-out-others', changesBy('change-own-account'), async (request, reply) => {
    await people().endOtherSessions(allowed(request, door, 'change-own-account').id, request.headers.cookie)
    return goTo(reply, '/me?saved')
  })
  app.post('/me/code', changesBy('change-own-account'), async (request, reply) => {
    const { id, name, shownName } = allowed(request, door, 'change-own-account')
    const code = await people().newCode(id)
    fresh.set(id, { name, shownName, code })
    reply.header('Set-Cookie', await people().openSession(id, request.headers.cookie))
    return goTo(reply, '/me')
  })
  app.post('/me/remove', changesBy('change-own-account'), async (request, reply) => {
    const person = allowed(request, door, 'change-own-account')
    const { language } = visitorOf(request, door)
    const refuse = (problem: FormProblem, status: number): FastifyReply =>
      sendAccount(request, reply, person, { problem: { ...problem, field: 'confirm' } }, status)
    if (personNameOf(formOf(request).get('confirm') ?? '') !== person.name)
      return refuse({ text: peopleTextsIn(language).problems.notConfirmed }, 400)
    try {
      const cookie = await people().endSession(request.headers.cookie)
      await removePerson(person.id)
      fresh.delete(person.id)
      reply.header('Set-Cookie', cookie)
      return goTo(reply, '/')
    } catch (error) {
      return refuse(problemOf(error, language), statusOf(error))
    }
  })

  // Everybody's, for those who help

  const sendPeople = async (
    request: FastifyRequest,
    reply: FastifyReply,
    me: KnownPerson,
    form: { problem?: FormProblem; names?: string } = {},
    status = 200
  ): Promise<FastifyReply> => {
    const newCode = fresh.get(handedBy(me))
    const rows = people()
      .list()
      .map((person) => ({
        person,
        mayResetCode: person.id !== me.id && mayActOn(me, 'reset-code', person),
        mayChange: person.id !== me.id && mayActOn(me, 'change-roles', person)
      }))
    const list = {
      rows,
      ...(options.here && { here: { glance: await options.here.glance(), script: options.here.script } }),
      mayAdd: may(me, 'reset-code'),
      hasCards: cards.get(me.id) !== undefined,
      ...(may(me, 'set-sign-up') && { signUpIsOpen: people().signUp.isOpen }),
      ...(newCode && { newCode }),
      ...form
    }
    return sendFreshPage(reply, renderPeoplePage(list, visitorOf(request, door)), status)
  }
  const other = (request: FastifyRequest, me: KnownPerson, action: Action): KnownPerson => {
    const person = people().person(formOf(request).get('person') ?? '')
    if (!person) throw new JoineryError('NO_SUCH_PERSON', 'no such person')
    if (!mayActOn(me, action, person)) throw new JoineryError('NOT_ALLOWED', `not of ${person.name}`)
    return person
  }
  const cardsView = (me: KnownPerson, address: string): CardsView => {
    const wifi = door.wifi?.()?.current
    return {
      ...{ cards: cards.get(me.id) ?? [], address, maySetWifi: may(me, 'set-wifi') && door.wifi?.() !== undefined },
      ...(wifi && { wifi })
    }
  }
  app.get('/people', async (request, reply) => {
    if (!personOf(request, door)) return goTo(reply, '/sign-in?next=/people')
    return sendPeople(request, reply, allowed(request, door, 'see-people'))
  })
  app.post('/people/add', changesBy('reset-code'), async (request, reply) => {
    const me = allowed(request, door, 'reset-code')
    const text = formOf(request).get('name') ?? ''
    const visitor = visitorOf(request, door)
    const words = peopleTextsIn(visitor.language).problems
    const names = namesOf(text, peopleTextsIn(visitor.language).me.role.learner)
    if (names.length === 0 || names.length > MAX_NAMES_AT_ONCE) {
      const problem = {
        field: 'name',
        text: names.length === 0 ? words.noLetters : words.tooManyNames(MAX_NAMES_AT_ONCE)
      }
      return sendPeople(request, reply, me, { problem, names: text }, 400)
    }
    const made: FreshCode[] = []
    const left: string[] = []
    for (const shownName of names) {
      try {
        const { person, code } = await people().add({ shownName })
        made.push({ name: person.name, shownName: person.shownName, code })
      } catch (error) {
        if (!hasCode(error, 'PERSON_NAME_TAKEN') && !hasCode(error, 'PERSON_NAME_INVALID')) throw error
        left.push(shownName)
      }
    }
    const [first] = made
    if (made.length === 1 && first) fresh.set(handedBy(me), first)
    else if (made.length > 1) cards.set(me.id, [...(cards.get(me.id) ?? []), ...made].slice(-MAX_CARDS))
    if (left.length === 0) return goTo(reply, made.length > 1 ? '/people/cards' : '/people')
    const problem = { field: 'name', text: words.notAdded(left.join(', ')) }
    return sendPeople(request, reply, me, { problem, names: left.join('\n') }, 409)
  })
  app.get('/people/cards', async (request, reply) => {
    if (!personOf(request, door)) return goTo(reply, '/sign-in?next=/people/cards')
    const me = allowed(request, door, 'reset-code')
    const { origins } = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
    return sendFreshPage(reply, renderCardsPage(cardsView(me, origins[0] ?? ''), visitorOf(request, door)))
  })
  app.post('/people/wifi', changesBy('set-wifi'), async (request, reply) => {
    const me = allowed(request, door, 'set-wifi')
    const form = formOf(request)
    const wifi = { name: (form.get('wifi-name') ?? '').trim(), password: form.get('wifi-password') ?? '' }
    const visitor = visitorOf(request, door)
    try {
      await door.wifi?.()?.set(wifi)
      return goTo(reply, '/people/cards')
    } catch (error) {
      const words = peopleTextsIn(visitor.language).wifi
      const field = hasCode(error, 'WIFI_NAME_INVALID') ? 'wifi-name' : 'wifi-password'
      if (!hasCode(error, 'WIFI_NAME_INVALID') && !hasCode(error, 'WIFI_PASSWORD_INVALID')) throw error
      const problem = { field, text: field === 'wifi-name' ? words.badName : words.badPassword }
      const { origins } = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
      const view = { ...cardsView(me, origins[0] ?? ''), wifi, problem }
      return sendFreshPage(reply, renderCardsPage(view, visitor), 400)
    }
  })
  app.post('/people/cards-done', changesBy('reset-code'), async (request, reply) => {
    cards.delete(allowed(request, door, 'reset-code').id)
    return goTo(reply, '/people')
  })
  app.post('/people/code', changesBy('reset-code'), async (request, reply) => {
    const me = allowed(request, door, 'reset-code')
    const { id, name, shownName } = other(request, me, 'reset-code')
    fresh.set(handedBy(me), { name, shownName, code: await people().newCode(id) })
    return goTo(reply, '/people')
  })
  app.post('/people/code-noted', changesBy('reset-code'), async (request, reply) => {
    fresh.delete(handedBy(allowed(request, door, 'reset-code')))
    return goTo(reply, '/people')
  })
  app.post('/people/role', changesBy('change-roles'), async (request, reply) => {
    const me = allowed(request, door, 'change-roles')
    const role = ROLES.find((one) => one === formOf(request).get('role'))
    if (!role) throw new JoineryError('BAD_REQUEST', 'no such role')
    await people().setRole(other(request, me, 'change-roles').id, role)
    return goTo(reply, '/people')
  })
  app.post('/people/remove', changesBy('remove-person'), async (request, reply) => {
    const me = allowed(request, door, 'remove-person')
    await removePerson(other(request, me, 'remove-person').id)
    return goTo(reply, '/people')
  })
}

/** One on each line; or a number, when nobody knows the names yet. */
function namesOf(text: string, learner: string): string[] {
  const lines = [...new Set(text.split(/[\r\n]+/).map((name) => name.trim()))].filter((name) => name !== '')
  const [only = ''] = lines
  if (lines.length !== 1 || !/^\d{1,4}$/.test(only)) return lines
  return Array.from({ length: Number(only) }, (_, at) => `${learner} ${at + 1}`)
}

/** Codes for others are kept beside one's own. */
function handedBy(person: KnownPerson): string {
  return `by ${person.id}`
}

function nextOf(request: FastifyRequest): SignForm {
  const next = ownPath(new URLSearchParams(request.raw.visit?.path.search).get('next'))
  return next === undefined ? {} : { next }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof JoineryError && error.code === code
}

function statusOf(error: unknown): number {
  return error instanceof JoineryError ? error.status : 500
}

/** @throws what is no matter of what was typed */
function problemOf(error: unknown, language: Language, naming?: { people: People; wanted: string }): FormProblem {
  if (!(error instanceof JoineryError)) throw error
  const words = peopleTextsIn(language).problems
  switch (error.code) {
    case 'SIGN_IN_FAILED':
      return { field: 'code', text: words.wrong }
    case 'TOO_MANY_TRIES':
      return { text: words.tooMany }
    case 'BUSY':
      return { text: words.busy }
    case 'PERSON_NAME_TAKEN':
      return { field: 'address', text: words.taken(naming?.people.freeName(naming.wanted) ?? '') }
    case 'PERSON_NAME_INVALID':
      return {
        field: 'address',
        text: isReservedName(personNameOf(naming?.wanted ?? '') ?? '') ? words.reserved : words.noLetters
      }
    case 'SIGN_UP_CLOSED':
      return { text: words.closed }
    case 'PEOPLE_FULL':
      return { text: words.full }
    case 'LAST_FACILITATOR':
      return { text: words.lastFacilitator }
    case 'NAME_CHANGES_USED_UP':
      return { field: 'address', text: words.namesUsedUp }
  }
  if (error.status >= 500) return { text: words.failed }
  throw error
}
