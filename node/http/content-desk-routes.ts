/** `/room/content`, `/room/versions/<collection>` and `/room/ready`: what a facilitator adds, takes back and checks. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { Action } from '../../protocols/people-rights.ts'
import { renderContentPage } from '../../web-client/room/content-page.ts'
import { renderReadyPage } from '../../web-client/room/ready-page.ts'
import { renderVersionsPage } from '../../web-client/room/versions-page.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import { ContentDesk } from './content-desk.ts'
import { addGuardedRoutes, allowed } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import type { RoomDoor } from './room-door.ts'
import { MAX_UPLOAD_BYTES, receiveUpload } from './upload.ts'

export interface ContentDeskOptions {
  room: RoomDoor
  people: PeopleDoor
  clock: Clock
  disk: Disk
  onProblem(cause: unknown): void
}

export const UPLOAD_PATH = '/room/content/upload'
const SPACE_PATH = '/room/content/space'
const PACE = { burst: 5, refillMs: 5_000 }
/** Pages of work that goes on ask again by themselves, with and without scripts. */
const REFRESH_SECONDS = '2'
const COLLECTION = /^[a-z][a-z0-9-]{0,31}$/

export function addContentDeskRoutes(app: FastifyInstance, options: ContentDeskOptions): void {
  const { room, people, clock, disk, onProblem } = options
  const { actions } = room
  const desk = new ContentDesk({ actions, onProblem })
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)
  // Read by the route itself, as it comes.
  app.addContentTypeParser('multipart/form-data', { bodyLimit: MAX_UPLOAD_BYTES }, (_request, _body, done) =>
    done(null)
  )
  /** Undefined: sent to sign in. */
  const looking = (
    request: FastifyRequest,
    reply: FastifyReply,
    path: string,
    action: Action
  ): FastifyReply | undefined => {
    if (!personOf(request, people)) return goTo(reply, `/sign-in?next=${path}`)
    allowed(request, people, action)
    return undefined
  }

  app.get('/room/content', { config: { action: 'change-content' } }, async (request, reply) => {
    const away = looking(request, reply, '/room/content', 'change-content')
    if (away) return away
    if (desk.job?.isRunning) reply.header('Refresh', REFRESH_SECONDS)
    return sendFreshPage(reply, renderContentPage(desk.job, visitorOf(request, people)))
  })
  // Asked by the form before it sends a file, so that nobody waits for what cannot fit.
  app.get(SPACE_PATH, { config: { action: 'change-content' } }, async (request, reply) => {
    allowed(request, people, 'change-content')
    const mostBytes = Math.min(MAX_UPLOAD_BYTES, await actions.uploads.freeBytes())
    return reply.header('Cache-Control', 'no-store').send({ mostBytes })
  })
  app.get<{ Params: { collection: string } }>(
    '/room/versions/:collection',
    { config: { action: 'change-content' } },
    async (request, reply) => {
      const { collection } = request.params
      const away = looking(request, reply, '/room', 'change-content')
      if (away) return away
      const versions = await actions.versions(collection)
      return sendFreshPage(reply, renderVersionsPage(collection, versions, visitorOf(request, people)))
    }
  )
  app.get('/room/ready', { config: { action: 'check-room' } }, async (request, reply) => {
    const away = looking(request, reply, '/room/ready', 'check-room')
    if (away) return away
    const state = actions.check.state()
    if (state?.isRunning) reply.header('Refresh', REFRESH_SECONDS)
    return sendFreshPage(reply, renderReadyPage(state, visitorOf(request, people)))
  })

  addGuardedRoutes(app, { people, clock }, [
    {
      path: UPLOAD_PATH,
      action: 'change-content',
      pace: PACE,
      bodyLimit: MAX_UPLOAD_BYTES,
      async handle(_person, request, reply) {
        const giveBack = desk.take()
        try {
          const { folder, freeBytes } = actions.uploads
          await disk.remove(folder)
          const upload = await receiveUpload(request.raw, disk, { folder, freeBytes: await freeBytes() })
          const collection = upload.fields.get('collection') ?? ''
          if (collection !== '' && !COLLECTION.test(collection))
            throw new JoineryError('BAD_REQUEST', 'no such collection')
          const isZip = /\.zip$/i.test(upload.name)
          const isLesson = collection === 'lessons'
          desk.begin(
            upload.name,
            {
              source: upload.path,
              ...(collection !== '' && { collection }),
              ...(isLesson && { under: upload.name.replace(/\.zip$/i, '') }),
              // An R package for Windows is a ZIP file too: only what is said to be a folder is opened.
              unpack: isZip && (isLesson || upload.fields.get('unpack') === 'yes')
            },
            async () => {
              // The next upload comes into the same folder.
              try {
                await disk.remove(folder)
              } finally {
                giveBack()
              }
            }
          )
        } catch (error) {
          giveBack()
          throw error
        }
        return goTo(reply, '/room/content')
      }
    },
    {
      path: '/room/content/stick',
      action: 'change-content',
      pace: PACE,
      async handle(_person, request, reply) {
        const name = formOf(request).get('stick')
        const stick = (await actions.sticks()).find((one) => one.name === name)
        if (!stick) throw new JoineryError('NOT_FOUND', 'no such stick is plugged in')
        const giveBack = desk.take()
        desk.begin(stick.name, { source: stick.path, unpack: false }, async () => giveBack())
        return goTo(reply, '/room/content')
      }
    },
    {
      path: '/room/content/folder',
      action: 'change-content',
      pace: PACE,
      async handle(_person, request, reply) {
        const name = formOf(request).get('folder')
        // Only what the page offers: a path from outside is never opened.
        const folder = (await actions.folders()).find((one) => one.name === name)
        if (!folder) throw new JoineryError('NOT_FOUND', 'no such folder is offered here')
        const giveBack = desk.take()
        desk.begin(folder.name, { source: folder.path, unpack: false }, async () => giveBack())
        return goTo(reply, '/room/content')
      }
    },
    {
      path: '/room/versions/rollback',
      action: 'change-content',
      pace: PACE,
      async handle(_person, request, reply) {
        const form = formOf(request)
        const collection = form.get('collection') ?? ''
        await actions.rollback(collection, form.get('version') ?? '')
        return goTo(reply, `/room/versions/${encodeURIComponent(collection)}`)
      }
    },
    {
      path: '/room/ready',
      action: 'check-room',
      pace: PACE,
      async handle(_person, _request, reply) {
        actions.check.start()
        return goTo(reply, '/room/ready')
      }
    }
  ])
}
