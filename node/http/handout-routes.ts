/** `/setup/device/<file>`: the program itself, for a computer that is to become a device without internet. The file's name carries its version. */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import { parseRange, rangeStillCounts, tagMatches } from '../blobs/range-header.ts'
import { HANDOUTS_AT_ONCE } from './limits.ts'

/** Implemented by node/install. */
export interface HandoutDoor {
  /** @throws JoineryError `NOT_COMPILED` */
  describe(): Promise<{ fileName: string; sizeBytes: number; sha256: string }>
  read(start: number, end: number): AsyncIterable<Uint8Array>
}

export function addHandoutRoutes(app: FastifyInstance, handout: HandoutDoor): void {
  let open = 0
  const send = async (request: FastifyRequest<{ Params: { file: string } }>, reply: FastifyReply): Promise<unknown> => {
    const { fileName, sizeBytes, sha256 } = await handout.describe()
    if (request.params.file !== fileName) throw new JoineryError('NOT_IN_ROOM', 'another version of the program')
    const etag = `"${sha256}"`
    void reply
      .header('ETag', etag)
      .header('Accept-Ranges', 'bytes')
      .header('Cache-Control', 'no-cache')
      .type('application/x-tar')
    const { headers } = request
    if (headers['if-none-match'] !== undefined && tagMatches(headers['if-none-match'], etag, true))
      return reply.code(304).send()
    const range = rangeStillCounts(headers['if-range']?.toString(), etag)
      ? parseRange(headers.range, sizeBytes)
      : undefined
    if (range?.kind === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${sizeBytes}`).send('')
    const { start, end } = range?.kind === 'part' ? range : { start: 0, end: sizeBytes }
    if (range?.kind === 'part') void reply.code(206).header('Content-Range', `bytes ${start}-${end - 1}/${sizeBytes}`)
    void reply.header('Content-Length', end - start)
    if (request.method === 'HEAD') return reply.send()
    if (open >= HANDOUTS_AT_ONCE) throw new JoineryError('TOO_MANY_DOWNLOADS', 'the program goes to others just now')
    open++
    const stream = Readable.from(handout.read(start, end), { objectMode: false, highWaterMark: 1 })
    stream.once('close', () => {
      open--
    })
    return reply.send(stream)
  }
  app.route<{ Params: { file: string } }>({ method: ['GET', 'HEAD'], url: '/setup/device/:file', handler: send })
}
