/** `/take-home`: archives to carry away, and the end of a class. Archives are written while they are sent. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { ClassArchiveItem, NewClassResult } from '../../protocols/new-class.ts'
import type { Person } from '../../protocols/people.ts'
import { may } from '../../protocols/people-rights.ts'
import type { FormProblem } from '../../web-client/form.ts'
import { renderTakeHomePage } from '../../web-client/take-home/take-home-page.ts'
import { takeHomeTextsIn } from '../../web-client/take-home/texts.ts'
import { allowed, changesBy } from './guarded-routes.ts'
import { acceptForms, addPageHeaders, formOf, goTo, personOf, sendFreshPage, visitorOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'

/** Of the room that the device is in just now. */
export interface TakeHomeDoor {
  /** @throws JoineryError `NO_ROOM`, as all below */
  counts(person?: Person): {
    lessonFiles: number
    lessonBytes: number
    notes: number
    repositories: number
    people: number
  }
  lessonsAndNotes(signal: AbortSignal): AsyncIterable<Uint8Array>
  ofPerson(person: Person, signal: AbortSignal): AsyncIterable<Uint8Array>
  archiveClass(signal: AbortSignal): AsyncIterable<ClassArchiveItem>
  beginNewClass(state: string): Promise<NewClassResult>
}

export interface TakeHomeRouteOptions {
  takeHome: TakeHomeDoor
  people: PeopleDoor
}

export function addTakeHomeRoutes(app: FastifyInstance, { takeHome, people }: TakeHomeRouteOptions): void {
  /** The state of the last whole download of the class, and whose it was. */
  let archived: { by: string; state: string } | undefined
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  const sendTakeHome = (
    request: FastifyRequest,
    reply: FastifyReply,
    form: { problem?: FormProblem; begun?: boolean } = {},
    status = 200
  ): FastifyReply => {
    const person = personOf(request, people)
    const { people: count, ...counts } = takeHome.counts(person)
    const view = {
      ...counts,
      ...form,
      ...(may(person, 'take-class-home') && {
        wholeClass: { people: count, archived: archived !== undefined && archived.by === person?.id }
      })
    }
    return sendFreshPage(reply, renderTakeHomePage(view, visitorOf(request, people)), status)
  }

  app.get('/take-home', async (request, reply) => {
    const begun = new URLSearchParams(request.raw.visit?.path.search).has('begun')
    return sendTakeHome(request, reply, { begun })
  })
  app.get('/take-home/lessons-and-notes.zip', async (request, reply) =>
    sendArchive(request, reply, 'lessons-and-notes.zip', (signal) => takeHome.lessonsAndNotes(signal))
  )
  app.get('/take-home/mine.zip', async (request, reply) => {
    const person = allowed(request, people, 'change-own-account')
    return sendArchive(request, reply, `${person.name}.zip`, (signal) => takeHome.ofPerson(person, signal))
  })
  app.get('/take-home/class.zip', async (request, reply) => {
    const { id } = allowed(request, people, 'take-class-home')
    archived = undefined
    return sendArchive(request, reply, 'class.zip', (signal) =>
      bytesOf(takeHome.archiveClass(signal), (state) => {
        archived = { by: id, state }
      })
    )
  })
  app.post('/take-home/new-class', changesBy('begin-new-class'), async (request, reply) => {
    const { id } = allowed(request, people, 'begin-new-class')
    const words = takeHomeTextsIn(visitorOf(request, people).language).newClass
    const typed = (formOf(request).get('confirm') ?? '').trim().toLowerCase()
    if (!archived || archived.by !== id) return sendTakeHome(request, reply, { problem: { text: words.first } }, 409)
    if (typed !== words.word)
      return sendTakeHome(request, reply, { problem: { field: 'confirm', text: words.notConfirmed } }, 400)
    const { state } = archived
    archived = undefined
    try {
      await takeHome.beginNewClass(state)
    } catch (error) {
      if (!(error instanceof JoineryError)) throw error
      const text = error.code === 'CLASS_CHANGED' ? words.changed : words.failed
      return sendTakeHome(request, reply, { problem: { text } }, error.status)
    }
    return goTo(reply, '/take-home?begun')
  })
}

async function* bytesOf(
  items: AsyncIterable<ClassArchiveItem>,
  done: (state: string) => void
): AsyncGenerator<Uint8Array> {
  for await (const item of items) {
    if (item.kind === 'bytes') yield Buffer.from(item.base64, 'base64')
    else done(item.state)
  }
}

/** Waits for the first bytes, so that what cannot be made is answered with its code and not with an empty file. */
async function sendArchive(
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  make: (signal: AbortSignal) => AsyncIterable<Uint8Array>
): Promise<FastifyReply> {
  reply
    .type('application/zip')
    .header('Cache-Control', 'no-store')
    .header('Content-Disposition', `attachment; filename="${name}"`)
  if (request.method === 'HEAD') return reply.send()
  const ending = new AbortController()
  reply.raw.once('close', () => ending.abort())
  const bytes = make(ending.signal)[Symbol.asyncIterator]()
  const first = await bytes.next()
  return reply.send(
    Readable.from(
      (async function* () {
        try {
          for (let next = first; next.done !== true; next = await bytes.next()) yield next.value
        } finally {
          await bytes.return?.()
        }
      })(),
      { objectMode: false }
    )
  )
}
