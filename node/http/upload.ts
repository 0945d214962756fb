/** A file that a browser sends in a form, onto the disk as it comes: never in memory, never more than fits, under a name that is only a name. */
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { Busboy, type BusboyFileStream } from '@fastify/busboy'
import { JoineryError } from '../../protocols/errors.ts'
import type { Disk } from '../platform/disk.ts'
import './errors.ts'

/** RStudio for macOS is 0.6 GB, a folder of a whole workshop some 5. */
export const MAX_UPLOAD_BYTES = 16 * 2 ** 30
const MAX_NAME_CHARACTERS = 150
/** What a room can serve: packages, programs, archives, pages and what belongs to them. */
const TYPES =
  /\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|exe|msi|pkg|dmg|deb|rpm|appimage|run|sh|apk|html?|pdf|md|txt|csv|tsv|json|xlsx?|ods|ipynb|py|r|rmd|qmd|png|jpe?g|gif|svg|webp|mp4|webm|ogg|mp3|parquet|db|sqlite)$/i
/** Fields beside the file. */
export const MAX_FIELDS = 8
const MAX_FIELD_BYTES = 1_000

export interface Upload {
  fields: ReadonlyMap<string, string>
  /** Where it lies; whoever takes it removes it. */
  path: string
  name: string
  sizeBytes: number
}

export interface UploadInit {
  /** Ours alone, and emptied before. */
  folder: string
  freeBytes: number
}

/**
 * @throws JoineryError `UPLOAD_TOO_LARGE`, `UPLOAD_TYPE`, `BAD_REQUEST`, `CLOSED`; nothing is left behind then
 */
export async function receiveUpload(request: IncomingMessage, disk: Disk, init: UploadInit): Promise<Upload> {
  const type = request.headers['content-type'] ?? ''
  if (!/^multipart\/form-data;/i.test(type)) throw new JoineryError('BAD_REQUEST', 'a file was expected')
  const mostBytes = Math.min(MAX_UPLOAD_BYTES, init.freeBytes)
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge()
  const parser = new Busboy({
    headers: { ...request.headers, 'content-type': type },
    limits: { files: 1, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: MAX_FIELDS + 1, fileSize: mostBytes }
  })
  const fields = new Map<string, string>()
  let stored: Promise<Upload> | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => reject(error instanceof JoineryError ? error : broken(error))
      parser.on('field', (name, value) => fields.set(name, value))
      parser.on('file', (_field, stream, fileName) => {
        if (stored !== undefined) {
          stream.resume()
          return
        }
        stored = store(stream, fileName, disk, init.folder, fields)
        stored.catch(fail)
      })
      parser.on('error', fail)
      parser.on('finish', () => resolve())
      request.on('aborted', () => fail(new JoineryError('CLOSED', 'the browser ended the upload')))
      request.on('error', fail)
      request.pipe(parser)
    })
    if (stored === undefined) throw new JoineryError('BAD_REQUEST', 'no file was sent')
    return await stored
  } catch (error) {
    request.unpipe(parser)
    await stored?.catch(() => undefined)
    await disk.remove(init.folder)
    throw error
  }
}

async function store(
  stream: BusboyFileStream,
  fileName: string,
  disk: Disk,
  folder: string,
  fields: ReadonlyMap<string, string>
): Promise<Upload> {
  try {
    const name = cleanName(fileName)
    await disk.makeDirectory(folder)
    const path = join(folder, name)
    const file = await disk.open(path, 'exclusive')
    let sizeBytes = 0
    try {
      for await (const bytes of stream as AsyncIterable<Buffer>) {
        await file.write(bytes, sizeBytes)
        sizeBytes += bytes.length
      }
    } finally {
      await file.close()
    }
    if (stream.truncated) throw tooLarge()
    return { fields, path, name, sizeBytes }
  } catch (error) {
    // The rest is read and thrown away, or the form would never end.
    stream.resume()
    throw error
  }
}

/** @throws JoineryError `UPLOAD_TYPE` */
export function cleanName(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1).normalize('NFC')
  const isPlain = /^[\p{L}\p{N}_][\p{L}\p{N}\p{M} ._+()~!-]*$/u.test(name) && name.length <= MAX_NAME_CHARACTERS
  if (!isPlain || !TYPES.test(name)) throw new JoineryError('UPLOAD_TYPE', 'a kind of file that a room does not serve')
  return name
}

function tooLarge(): JoineryError {
  return new JoineryError('UPLOAD_TOO_LARGE', 'more than fits on this device')
}

function broken(cause: unknown): JoineryError {
  return new JoineryError('BAD_REQUEST', 'the upload is broken', { cause })
}
