/** A ZIP file as the folder that was packed. Only for what a facilitator hands over by name: packages are never unpacked. */
import type { ImportSource } from '../../protocols/content.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { openZip } from './archives/zip.ts'
import './errors.ts'

/** The largest lesson site of the Carpentries has some 2,000. */
export const MAX_UNPACKED_FILES = 50_000

export interface UnpackedEntry {
  /** Relative, safe on every system. */
  path: string
  bytes: AsyncIterable<Uint8Array>
}

/** File after file, in the order of the archive. @throws JoineryError `ARCHIVE_BROKEN`, `ARCHIVE_UNSAFE`, `ARCHIVE_TOO_LARGE` */
export async function* unpackZip(source: ImportSource): AsyncGenerator<UnpackedEntry> {
  const archive = await openZip(source)
  const files = archive.entries.filter(({ kind }) => kind === 'file')
  if (files.length > MAX_UNPACKED_FILES)
    throw new JoineryError('ARCHIVE_TOO_LARGE', `${source.path}: more than ${MAX_UNPACKED_FILES} files`)
  for (const { name } of files) yield { path: name, bytes: archive.read(name) }
}
