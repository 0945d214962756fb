/** Parts become a ZIP while it is sent: nothing of it is stored, and nothing is read before there is room for it. */
import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import { JoineryError } from '../../protocols/errors.ts'
import type { Clock } from '../platform/clock.ts'
import './errors.ts'
import { MAX_ARCHIVE_FILES } from './limits.ts'

export interface ArchivePart {
  /** Relative, with `/`. */
  path: string
  /** False for what is compressed already. */
  compress: boolean
  bytes(signal: AbortSignal): AsyncIterable<Uint8Array>
}

/** The strongest saves little more and takes a small board three times as long. */
const COMPRESSION_LEVEL = 3
/** A ZIP cannot say an earlier year; a device without a clock believes in 1970. */
const EARLIEST_MS = Date.UTC(1980, 0, 2)

/** @throws JoineryError what a part throws; then the ZIP has no end, and no program takes it for a whole one */
export async function* zipArchive(
  parts: AsyncIterable<ArchivePart>,
  clock: Clock,
  signal: AbortSignal
): AsyncGenerator<Uint8Array> {
  const ending = new AbortController()
  const stop = AbortSignal.any([signal, ending.signal])
  const zip = new ZipFile()
  // Typed as a general stream: it is a PassThrough.
  const output = zip.outputStream as Readable
  const fail = (error: unknown): void => {
    output.destroy(error instanceof Error ? error : new Error(String(error)))
  }
  zip.on('error', fail)
  const mtime = new Date(Math.max(clock.wallMs(), EARLIEST_MS))
  const filling = (async () => {
    let files = 0
    for await (const { path, compress, bytes } of parts) {
      if (++files > MAX_ARCHIVE_FILES)
        throw new JoineryError('TAKE_HOME_TOO_MANY', `more than ${MAX_ARCHIVE_FILES} files`)
      const source = Readable.from(bytes(stop), { objectMode: false })
      const settings = compress ? { compress, compressionLevel: COMPRESSION_LEVEL } : { compress }
      await new Promise<void>((resolve, reject) => {
        source.once('error', reject)
        source.once('close', resolve)
        stop.addEventListener('abort', () => source.destroy(), { once: true })
        zip.addReadStreamLazy(path, { ...settings, mtime, mode: 0o100644 }, (give) => give(null, source))
      })
      stop.throwIfAborted()
    }
    zip.end()
  })()
  filling.catch(fail)
  try {
    for await (const span of output) yield span as Uint8Array
  } finally {
    ending.abort()
    output.destroy()
    await filling.catch(() => undefined)
  }
}
