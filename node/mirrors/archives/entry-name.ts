import { JoineryError } from '../../../protocols/errors.ts'
import '../errors.ts'
import { MAX_NAME_BYTES, MAX_NAME_PART_BYTES } from './limits.ts'

/**
 * A name inside an archive, as a relative path without a slash at the end. Refuses what would land outside of the folder
 * that the archive is unpacked in, on any system, and what a terminal or a page could not show.
 *
 * @param label the archive, for the message
 * @throws JoineryError ARCHIVE_UNSAFE
 */
export function safeEntryName(name: string, label: string): string {
  const refuse = (why: string): never => {
    throw new JoineryError('ARCHIVE_UNSAFE', `${label}: ${JSON.stringify(name.slice(0, 200))} ${why}`)
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) refuse('is too long a name')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u001f\u007f\ufffd]/.test(name)) refuse('has characters that no file name should have')
  if (name.includes('\\')) refuse('has a backslash')
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) refuse('is an absolute path')
  const parts = name.split('/').filter((part, i) => part !== '.' || i > 0)
  if (parts.at(-1) === '') parts.pop()
  for (const part of parts) {
    if (part === '..') refuse('leads out of the archive')
    if (part === '' || part === '.') refuse('has an empty part')
    if (Buffer.byteLength(part) > MAX_NAME_PART_BYTES) refuse('has too long a part')
  }
  return parts.join('/')
}

/** Whether a link at `name` that points to `target` stays inside of the archive. `from` is '' for hard links. */
export function staysInside(from: string, target: string): boolean {
  if (target.startsWith('/') || target.includes('\\') || /^[A-Za-z]:/.test(target)) return false
  let depth = from === '' ? 0 : from.split('/').length - 1
  for (const part of target.split('/')) {
    if (part === '..') depth--
    else if (part !== '.' && part !== '') depth++
    if (depth < 0) return false
  }
  return true
}
