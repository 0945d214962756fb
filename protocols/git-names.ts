/** Names in hosted repositories that people choose: refs and the repositories themselves. Pure, so that every device refuses the same ones. */
import type { ObjectId, RefName, RepositoryId } from './git.ts'

/** A line on a page, and with the longest suffix of ours still a file name. */
export const MAX_REF_BYTES = 200
export const MAX_REPOSITORY_NAME_CHARACTERS = 64

const REPOSITORY_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/
const OBJECT_ID = /^[0-9a-f]{40}$/
const REPOSITORY_ID = /^[0-9a-f]{32}$/
/** git-check-ref-format(1), rules 1 to 10. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is what it is for
const REF_FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/

/** May be a branch or tag of a learner: below `refs/heads/` or `refs/tags/`, as git allows it, and printable. */
export function isVisibleRef(ref: string): ref is RefName {
  const name = /^refs\/(?:heads|tags)\/(.+)$/s.exec(ref)?.[1]
  if (name === undefined || name.startsWith('.') || name.startsWith('-') || name === 'HEAD') return false
  if (new TextEncoder().encode(ref).length > MAX_REF_BYTES) return false
  // Direction marks would let one name disguise another.
  return !REF_FORBIDDEN.test(ref) && !/[\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]/.test(ref)
}

/** How git writes that a ref is not there, before or after a change. */
export const NO_OBJECT: ObjectId = '0'.repeat(40)

export function isObjectId(text: string): text is ObjectId {
  return OBJECT_ID.test(text)
}

export function isRepositoryId(text: string): text is RepositoryId {
  return REPOSITORY_ID.test(text)
}

/** The last part of an address, without `.git`. */
export function isRepositoryName(text: string): boolean {
  return (
    text.length <= MAX_REPOSITORY_NAME_CHARACTERS && REPOSITORY_NAME.test(text) && !/\.git$|\.lock$|\.\./i.test(text)
  )
}
