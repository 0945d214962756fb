/** JSON for programs. Schemas come from protocols/, so that what is documented is what is checked. */
import type { FastifyInstance } from 'fastify'
import { noteLineSchema, noteTitleSchema } from '../../protocols/note-api.ts'
import { type RoomOverview, roomOverviewSchema } from '../../protocols/room-overview.ts'
import type { SignalLine } from '../live/index.ts'
import type { Clock } from '../platform/clock.ts'
import { publicErrorSchema } from './error-answer.ts'
import type { FrontDoor } from './front-door.ts'
import { renderMetrics } from './metrics.ts'
import type { RoomDoor } from './room-door.ts'

export interface ApiOptions {
  overview(): Promise<RoomOverview>
  version: string
  figures: FrontDoor['figures']
  /** Absent: the overview only. */
  dashboard?: RoomDoor | undefined
  streams?: { readonly size: number }
  /** Their part of the description. */
  hasNotes?: boolean
  clock: Clock
}

export function addApiRoutes(app: FastifyInstance, options: ApiOptions): void {
  const startedMs = options.clock.monotonicMs()
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('Cache-Control', 'no-store')
    done()
  })

  app.get('/healthz', async (_request, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'))
  app.get('/metrics', async (_request, reply) => {
    const overview = await options.overview()
    const uptimeMs = options.clock.monotonicMs() - startedMs
    const live = options.dashboard?.current()
    const signals = live && countSignals(live.signals())
    const report = await live?.ownReport()
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(
      renderMetrics({
        ...{ overview, uptimeMs, ...options.figures() },
        eventStreams: options.streams?.size ?? 0,
        ...(signals && { signals }),
        ...(report && { report })
      })
    )
  })
  app.get('/api/room', { schema: { response: { 200: roomOverviewSchema } } }, () => options.overview())
  app.get('/api/openapi.json', async () => openApi(options))
}

function countSignals(lines: readonly SignalLine[]): { green: number; red: number; hands: number } {
  const count = { green: 0, red: 0, hands: 0 }
  for (const { sticky, hand } of lines) {
    if (sticky) count[sticky]++
    if (hand) count.hands++
  }
  return count
}

function openApi({ version, hasNotes }: ApiOptions): object {
  const failure = {
    description: 'The code, what happened, what to do next.',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Joinery', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths: {
      '/api/room': {
        get: {
          summary: 'The devices of the room, who waits outside, rooms nearby, and what there is to use.',
          responses: {
            200: {
              description: 'As this device knows it.',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/RoomOverview' } } }
            },
            default: failure
          }
        }
      },
      ...(hasNotes && notePaths(failure)),
      '/healthz': {
        get: {
          summary: 'Whether this device answers.',
          responses: { 200: { description: 'It does.', content: { 'text/plain': { schema: { type: 'string' } } } } }
        }
      },
      '/metrics': {
        get: {
          summary: 'Figures for Prometheus.',
          responses: { 200: { description: 'Text.', content: { 'text/plain': { schema: { type: 'string' } } } } }
        }
      }
    },
    components: {
      schemas: {
        RoomOverview: withoutId(roomOverviewSchema),
        NoteLine: withoutId(noteLineSchema),
        NoteTitle: withoutId(noteTitleSchema),
        Error: withoutId(publicErrorSchema)
      }
    }
  }
}

function notePaths(failure: object): object {
  const json = (schema: object): object => ({ content: { 'application/json': { schema } } })
  const line = { $ref: '#/components/schemas/NoteLine' }
  const id = {
    name: 'id',
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$' }
  }
  const requestBody = { required: true, ...json({ $ref: '#/components/schemas/NoteTitle' }) }
  return {
    '/api/notes': {
      get: {
        summary: 'The notes of the room, last written first.',
        responses: { 200: { description: 'All of them.', ...json({ type: 'array', items: line }) }, default: failure }
      },
      post: {
        summary: 'A new, empty note.',
        requestBody,
        responses: { 201: { description: 'Made, and on this device’s disk.', ...json(line) }, default: failure }
      }
    },
    '/api/notes/{id}': {
      patch: {
        summary: 'Another title.',
        parameters: [id],
        requestBody,
        responses: { 200: { description: 'Written.', ...json(line) }, default: failure }
      }
    },
    '/api/notes/{id}/text': {
      get: {
        summary: 'The text as it is now.',
        parameters: [id],
        responses: {
          200: { description: 'Markdown.', content: { 'text/markdown': { schema: { type: 'string' } } } },
          default: failure
        }
      }
    }
  }
}

function withoutId({ $id: _, ...schema }: { $id: string }): object {
  return schema
}
