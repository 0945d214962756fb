/** Text for a narrow line: compressed when the visitor can read it. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { accepts, matches } from './content-bytes.ts'
import { etagOf } from './page-answer.ts'

const compress = promisify(gzip)
/** Headers and frames cost more than it saves. */
const LEAST_BYTES = 1_400

/** Files that never change are compressed once. */
const compressed = new WeakMap<Buffer, Promise<Buffer>>()

function kept(bytes: Buffer): Promise<Buffer> {
  const known = compressed.get(bytes) ?? compress(bytes)
  compressed.set(bytes, known)
  return known
}

/** @param isKept the same buffer is sent each time */
export async function sendCompressed(
  request: FastifyRequest,
  reply: FastifyReply,
  bytes: Buffer,
  caching: string,
  isKept = false
): Promise<FastifyReply> {
  const etag = etagOf(bytes)
  reply
    .header('ETag', etag)
    .header('Cache-Control', caching)
    .header('Vary', 'Accept-Encoding, Accept-Language, Cookie, Host, User-Agent')
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  if (bytes.length < LEAST_BYTES || !accepts(request.headers['accept-encoding'], 'gzip')) return reply.send(bytes)
  return reply.header('Content-Encoding', 'gzip').send(await (isKept ? kept(bytes) : compress(bytes)))
}
