/** `/room/copies`: on how many devices what is kept, for whoever may change the content. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasCode } from '../../protocols/errors.ts'
import { policyOf } from '../../protocols/placement-policy.ts'
import type { FormProblem } from '../../web-client/form.ts'
import { renderCopiesPage } from '../../web-client/room/copies-page.ts'
import { copiesTextsIn } from '../../web-client/room/copies-texts.ts'
import type { Clock } from '../platform/clock.ts'
import { addGuardedRoutes, allowed } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import type { CopiesDoor } from './room-door.ts'

const PATH = '/room/copies'
const PACE = { burst: 10, refillMs: 2_000 }

export function addCopiesRoutes(
  app: FastifyInstance,
  { copies, people, clock }: { copies: CopiesDoor; people: PeopleDoor; clock: Clock }
): void {
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)
  const send = async (
    request: FastifyRequest,
    reply: FastifyReply,
    wrong: { problem: FormProblem; target: string } | undefined,
    status: number
  ): Promise<FastifyReply> =>
    sendFreshPage(reply, renderCopiesPage({ ...(await copies.state()), ...wrong }, visitorOf(request, people)), status)

  app.get(PATH, { config: { action: 'change-content' } }, async (request, reply) => {
    if (!personOf(request, people)) return goTo(reply, `/sign-in?next=${PATH}`)
    allowed(request, people, 'change-content')
    return await send(request, reply, undefined, 200)
  })
  addGuardedRoutes(app, { people, clock }, [
    {
      path: PATH,
      action: 'change-content',
      pace: PACE,
      async handle(_person, request, reply) {
        const form = formOf(request)
        const target = (form.get('target') ?? '').trim()
        const kind = form.get('kind') ?? ''
        const policy = policyOf(kind === 'copies' ? (form.get('copies') ?? '').trim() : kind)
        const words = copiesTextsIn(visitorOf(request, people).language)
        const refuse = async (text: string): Promise<FastifyReply> => {
          const isKnown = (await copies.state()).rules.some((rule) => rule.target === target)
          return await send(request, reply, { problem: { field: isKnown ? target : 'target', text }, target }, 400)
        }
        if (policy === undefined) return await refuse(words.wrong)
        try {
          await copies.set(target, policy)
          return goTo(reply, PATH)
        } catch (error) {
          if (hasCode(error, 'COLLECTION_NAME_WRONG') || hasCode(error, 'NAME_FORBIDDEN'))
            return await refuse(words.wrongName)
          throw error
        }
      }
    }
  ])
}
