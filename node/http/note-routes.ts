/** `/notes/…` and `/api/notes`: pages, built files and the list. Sockets are handled by the notes themselves. */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { chooseLanguage, isLanguage, type Language } from '../../web-client/languages.ts'
import { personOf } from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'

/** What the front door needs of the notes; of the room that the device is in just now. */
export interface NoteDoor {
  /** Paths that belong to the notes' sockets begin so. */
  readonly syncPath: string
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** @param account who is signed in; null = nobody, absent = there are no accounts here */
  page(path: string, language: Language, account?: { shownName: string } | null): NoteAnswer | undefined
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

const noteLine = {
  type: 'object',
  required: ['id', 'title', 'readers', 'written'],
  additionalProperties: false,
  properties: {
    id: { type: 'string' },
    title: { type: 'string' },
    readers: { type: 'integer', minimum: 0 },
    written: { type: 'boolean' }
  }
} as const

/** What is too long for a title is said by the notes, with their own code. */
const titleBody = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: { title: { type: 'string', maxLength: 1000 } }
} as const

interface TitleRequest {
  Body: { title: string }
  Params: { id: string }
}

export interface NoteRouteOptions {
  notes: NoteDoor
  people: PeopleDoor | undefined
}

export function addNoteRoutes(app: FastifyInstance, { notes, people }: NoteRouteOptions): void {
  app.get(
    '/api/notes',
    { schema: { response: { 200: { type: 'array', items: noteLine } } } },
    async (_request, reply) => {
      reply.header('Cache-Control', 'no-store')
      return notes.list()
    }
  )
  app.post<TitleRequest>(
    '/api/notes',
    { schema: { body: titleBody, response: { 201: noteLine } } },
    async (request, reply) => reply.code(201).send(await notes.create(request.body.title))
  )
  app.patch<TitleRequest>(
    '/api/notes/:id',
    { schema: { body: titleBody, response: { 200: noteLine } } },
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
  const account = people?.current() ? (personOf(request, people) ?? null) : undefined
  const answer = notes.asset(path) ?? notes.page(path, languageOf(request), account)
  if (!answer) throw new JoineryError('NOT_IN_ROOM', 'no such page')
  return reply.headers({ ...answer.headers }).send(Buffer.from(answer.bytes))
}

function languageOf(request: FastifyRequest): Language {
  const asked = new URLSearchParams(request.raw.visit?.path.search).get('lang') ?? ''
  return isLanguage(asked) ? asked : chooseLanguage(request.headers['accept-language'])
}
