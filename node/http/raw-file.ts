/** A file of a repository as it was pushed. It is somebody's: it must not run here, nor be taken for a page of ours. */
import type { FastifyReply } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, RepositoryId } from '../../protocols/git.ts'
import type { RepositoryReading } from './repository-door.ts'

/** Held in memory while it is sent; larger ones are for git. */
const MOST_RAW_BYTES = 16 * 2 ** 20

/** Pictures that pages show. Everything else is text or a download. */
const PICTURES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml'
}

const RAW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

export async function sendRawFile(
  reply: FastifyReply,
  reading: RepositoryReading,
  place: { repository: RepositoryId; commit: ObjectId; path: string }
): Promise<FastifyReply> {
  const file = await reading.file(place.repository, place.commit, place.path, MOST_RAW_BYTES)
  if (!file) throw new JoineryError('NOT_IN_ROOM', 'no such file')
  if (file.sizeBytes > MOST_RAW_BYTES) throw new JoineryError('TOO_LARGE', 'larger than pages send')
  const extension = /\.([a-z]+)$/i.exec(place.path)?.[1]?.toLowerCase() ?? ''
  const picture = PICTURES[extension]
  const type = picture ?? (file.bytes.includes(0) ? 'application/octet-stream' : 'text/plain; charset=utf-8')
  if (type === 'application/octet-stream') reply.header('Content-Disposition', 'attachment')
  return reply
    .header('Content-Security-Policy', RAW_POLICY)
    .header('Cache-Control', 'private, no-cache')
    .type(type)
    .send(Buffer.from(file.bytes.buffer, file.bytes.byteOffset, file.bytes.byteLength))
}
