/** `/notes/…` and `/api/notes`: pages, built files and the list. Sockets are handled by the notes themselves. */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { noteLineSchema, noteTitleSchema } from '../../protocols/note-api.ts'
import type { Language } from '../../web-client/languages.ts'
import type { ShownSignal } from '../live/index.ts'
import { changesBy } from './guarded-routes.ts'
import { personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { languageOf } from './visitor-language.ts'

/** What the front door needs of the notes; of the room that the device is in just now. */
export interface NoteDoor {
  /** Paths that belong to the notes' sockets begin so. */
  readonly syncPath: string
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** @param account who is signed in; null = nobody, absent = there are no accounts here; @param cookies of the request */
  page(
    path: string,
    language: Language,
    account?: { shownName: string; signal?: ShownSignal } | null,
    cookies?: string
  ): NoteAnswer | undefined
  asset(path: string): NoteAnswer | undefined
  /** @throws JoineryError `NO_ROOM`, as all below */
  list(): NoteLine[]
  create(title: string): Promise<NoteLine>
  rename(id: string, title: string): Promise<NoteLine>
  exportText(id: string): Promise<{ title: string; text: string }>
}

export interface NoteAnswer {
  bytes: Uint8Array
  headers: Readonly<Record<string, string>>
}

export interface NoteLine {
  id: string
  title: string
  /** People who have it open through this device. */
  readers: number
  /** It has text. */
  written: boolean
}

interface TitleRequest {
  Body: { title: string }
  Params: { id: string }
}

export interface NoteRouteOptions {
  notes: NoteDoor
  people: PeopleDoor | undefined
}

/** Whoever is not signed in counts by address, and a class behind one router has one: each makes a note or two at once. */
const CLASS_PACE = { burst: 60, refillMs: 1_000 }

export function addNoteRoutes(app: FastifyInstance, { notes, people }: NoteRouteOptions): void {
  app.get(
    '/api/notes',
    { schema: { response: { 200: { type: 'array', items: noteLineSchema } } } },
    async (_request, reply) => {
      reply.header('Cache-Control', 'no-store')
      return notes.list()
    }
  )
  app.post<TitleRequest>(
    '/api/notes',
    { ...changesBy('write-notes', CLASS_PACE), schema: { body: noteTitleSchema, response: { 201: noteLineSchema } } },
    async (request, reply) => reply.code(201).send(await notes.create(request.body.title))
  )
  app.patch<TitleRequest>(
    '/api/notes/:id',
    { ...changesBy('write-notes', CLASS_PACE), schema: { body: noteTitleSchema, response: { 200: noteLineSchema } } },
    async (request) => notes.rename(request.params.id, request.body.title)
  )
  app.get<TitleRequest>('/api/notes/:id/text', async (request, reply) => {
    const { title, text } = await notes.exportText(request.params.id)
    const name = encodeURIComponent(`${title}.md`).replaceAll("'", '%27')
    return reply
      .type('text/markdown; charset=utf-8')
      .header('Content-Disposition', `attachment; filename="note.md"; filename*=UTF-8''${name}`)
      .send(text)
  })
  app.get('/notes', async (_request, reply) => reply.redirect('/notes/', 301))
  app.get('/notes/*', async (request, reply) => send(request, reply, { notes, people }))
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { notes, people }: NoteRouteOptions
): Promise<FastifyReply> {
  const path = request.raw.visit?.path.path ?? ''
  const person = personOf(request, people)
  const signal = person && people?.signalOf?.(person.id)
  const known = person ? { shownName: person.shownName, ...(signal && { signal }) } : null
  const account = people?.current() ? known : undefined
  const answer = notes.asset(path) ?? notes.page(path, languageOf(request.raw), account, request.headers.cookie)
  if (!answer) throw new JoineryError('NOT_IN_ROOM', 'no such page')
  return reply.headers({ ...answer.headers }).send(Buffer.from(answer.bytes))
}
