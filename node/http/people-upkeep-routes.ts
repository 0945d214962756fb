/** What keeps a room's accounts in order: who may sign up, and the way out for those that nobody used. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonId } from '../../protocols/people.ts'
import type { RoomGlance } from '../../protocols/room-glance.ts'
import { renderUnusedPage, UNUSED_GROUPS } from '../../web-client/people/unused-page.ts'
import type { KnownPerson, People, UnusedAccounts } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import { addGuardedRoutes, allowed } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import type { RepositoryDoor } from './repository-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

export interface PeopleUpkeepOptions {
  people: PeopleDoor
  repositories: RepositoryDoor | undefined
  clock: Clock
  /** Who is here; absent: nobody is told. */
  here?: { glance(): Promise<Pick<RoomGlance, 'present'>> } | undefined
  onProblem(cause: unknown): void
}

const PACE = { burst: 10, refillMs: 2_000 }
/** A full room's accounts take some seconds: the page asks again meanwhile. */
const REFRESH_SECONDS = '2'

export function addPeopleUpkeepRoutes(app: FastifyInstance, options: PeopleUpkeepOptions): void {
  const { people: door, repositories, clock, onProblem } = options
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)
  let removing: PersonId[] = []

  const people = (): People => {
    const current = door.current()
    if (!current) throw new JoineryError('NO_ROOM', 'this device belongs to no room yet')
    return current
  }
  /** Without those who own something, show something or are here. */
  const unused = async (): Promise<UnusedAccounts> => {
    const { present } = (await options.here?.glance()) ?? { present: {} }
    const directory = repositories?.current()?.directory
    const found = people().unused()
    const isUnused = ({ id }: KnownPerson): boolean => {
      const signal = door.signalOf?.(id)
      const isHere = present[id]?.at.some(({ awayMs }) => awayMs === 0)
      if (isHere || signal?.hand || signal?.sticky || removing.includes(id)) return false
      return (directory?.ofOwner(id) ?? []).length === 0
    }
    return {
      cards: found.cards.filter(isUnused),
      once: found.once.filter(isUnused),
      again: found.again.filter(isUnused)
    }
  }

  app.get('/people/unused', { config: { action: 'remove-person' } }, async (request, reply) => {
    if (!personOf(request, door)) return goTo(reply, '/sign-in?next=/people/unused')
    allowed(request, door, 'remove-person')
    return await send(request, reply)
  })
  const send = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { cards, once, again } = await unused()
    const groups = { cards: shownNames(cards), once: shownNames(once), again: shownNames(again) }
    if (removing.length > 0) reply.header('Refresh', REFRESH_SECONDS)
    return sendFreshPage(reply, renderUnusedPage({ groups, removing: removing.length }, visitorOf(request, door)))
  }
  addGuardedRoutes(app, { people: door, clock }, [
    {
      path: '/people/sign-up',
      action: 'set-sign-up',
      pace: PACE,
      async handle(_person, request, reply) {
        const open = formOf(request).get('open')
        if (open !== 'yes' && open !== 'no') throw new JoineryError('BAD_REQUEST', 'neither open nor closed')
        await people().signUp.set(open === 'yes')
        return goTo(reply, '/people#sign-up-title')
      }
    },
    {
      path: '/people/unused',
      action: 'remove-person',
      pace: PACE,
      async handle(_person, request, reply) {
        const form = formOf(request)
        const found = await unused()
        const ids = UNUSED_GROUPS.flatMap((group) =>
          form.get(group) === 'yes' ? found[group].map(({ id }) => id) : []
        )
        // Nobody waits for an answer as long as a full room takes; asked again meanwhile, it is not begun twice.
        if (ids.length > 0 && removing.length === 0) {
          removing = ids
          people()
            .removeLearners(ids)
            .catch(onProblem)
            .finally(() => {
              removing = []
            })
        }
        return goTo(reply, '/people/unused')
      }
    }
  ])
}

function shownNames(people: readonly KnownPerson[]): string[] {
  return people.map(({ shownName }) => shownName)
}
