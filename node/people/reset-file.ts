/**
 * The file that a facilitator who is locked out puts onto the boot drive: whose code is to be renewed. It is written on whatever computer is at hand: any line
 * ending, with or without a byte order mark, also in the UTF-16 of Windows' Notepad.
 */
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'

/** A name, and some words around it. */
export const MAX_RESET_FILE_BYTES = 4_096

/**
 * @returns the name in the first line that says something; undefined for an empty file. Lines that begin with # are for people
 * @throws JoineryError `RESET_FILE_UNREADABLE`
 */
export function nameInResetFile(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_RESET_FILE_BYTES) throw unreadable(`it has more than ${MAX_RESET_FILE_BYTES} bytes`)
  let text: string
  try {
    text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes)
  } catch {
    throw unreadable('it is no text')
  }
  if (/[^\P{Cc}\t\r\n]/u.test(text)) throw unreadable('it is no text')
  return text
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('#'))
}

/** The decoder takes the mark away itself. */
function encodingOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
}

function unreadable(why: string): JoineryError {
  return new JoineryError('RESET_FILE_UNREADABLE', `the file cannot be read: ${why}`)
}
