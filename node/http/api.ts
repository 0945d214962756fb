/** JSON for programs. Schemas come from protocols/, so that what is documented is what is checked. */
import type { FastifyInstance } from 'fastify'
import { type RoomOverview, roomOverviewSchema } from '../../protocols/room-overview.ts'
import type { Clock } from '../platform/clock.ts'
import { publicErrorSchema } from './error-answer.ts'
import type { FrontDoor } from './front-door.ts'
import { renderMetrics } from './metrics.ts'

export interface ApiOptions {
  overview(): Promise<RoomOverview>
  version: string
  figures: FrontDoor['figures']
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
    return reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(renderMetrics({ overview, uptimeMs, ...options.figures() }))
  })
  app.get('/api/room', { schema: { response: { 200: roomOverviewSchema } } }, () => options.overview())
  app.get('/api/openapi.json', async () => openApi(options.version))
}

function openApi(version: string): object {
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
    components: { schemas: { RoomOverview: withoutId(roomOverviewSchema), Error: withoutId(publicErrorSchema) } }
  }
}

function withoutId({ $id: _, ...schema }: { $id: string }): object {
  return schema
}
