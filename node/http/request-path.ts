/**
 * The one place where a request target becomes a path. Whatever maps paths to content sees only what passes here,
 * so a rule about `..` or odd encodings is written and tested once.
 */
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'
import { MAX_TARGET_CHARACTERS } from './limits.ts'

export interface RequestPath {
  /** Percent-decoded once, NFC, begins with `/`; no empty part but the last, no `.` or `..`, no `\`, no control character. */
  path: string
  /** Without the question mark; empty when there is none. */
  search: string
}

/** Needs no decoding: letters, digits and the other harmless characters of RFC 3986. */
const PLAIN = /^(?:\/[A-Za-z0-9_~!$&'()*+,;=:@.-]*)+$/
const DOTS = /(?:^|\/)\.{1,2}(?:\/|$)/
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is what it is for
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\\\u2028\u2029\ufeff]/

/**
 * @param target of the request line: origin form only
 * @throws JoineryError `BAD_PATH` or `URL_TOO_LONG`
 */
export function parseRequestTarget(target: string): RequestPath {
  if (target.length > MAX_TARGET_CHARACTERS) throw new JoineryError('URL_TOO_LONG', 'the address is too long')
  if (target[0] !== '/') throw bad('not the path of a page')
  const mark = target.indexOf('?')
  const raw = mark < 0 ? target : target.slice(0, mark)
  const search = mark < 0 ? '' : target.slice(mark + 1)
  if (search.includes('#')) throw bad('a fragment does not belong into a request')
  const path = PLAIN.test(raw) ? raw : decodePath(raw)
  if (DOTS.test(path)) throw bad('`.` and `..` are not followed')
  if (path.includes('//')) throw bad('an empty part')
  return { path, search }
}

function decodePath(raw: string): string {
  const path = raw.split('/').map(decodePart).join('/').normalize('NFC')
  if (FORBIDDEN.test(path)) throw bad('a control character or backslash')
  return path
}

function decodePart(part: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(part)
  } catch (cause) {
    throw new JoineryError('BAD_PATH', 'not valid percent-encoded UTF-8', { cause })
  }
  if (decoded.includes('/')) throw bad('an encoded slash')
  if (/[#?]/.test(part)) throw bad('a character that has to be encoded')
  return decoded
}

function bad(why: string): JoineryError {
  return new JoineryError('BAD_PATH', why)
}
