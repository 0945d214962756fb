/** Names in archives: whatever people wrote becomes one that Windows, macOS and Linux can unpack, and no two are the same anywhere. */
import { MAX_NAME_CHARACTERS } from './limits.ts'

/** Device names of Windows, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** One part of a path; never empty, never `.` or `..`, no slash. */
export function archiveName(text: string): string {
  const plain = text
    .normalize('NFC')
    .replace(/[\p{C}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const cut = Array.from(plain)
    .slice(0, MAX_NAME_CHARACTERS)
    .join('')
    .replace(/[. ]+$/, '')
    .replace(/^[. ]+/, '')
  if (cut === '') return 'untitled'
  return RESERVED.test(cut) ? `_${cut}` : cut
}

/** Gives each name once; file systems that do not tell `A` from `a` included. */
export class UniqueNames {
  readonly #given = new Set<string>()

  /** @param ending such as `.md`; comes after the number */
  take(text: string, ending = ''): string {
    const name = archiveName(text)
    for (let number = 1; ; number++) {
      const candidate = `${name}${number === 1 ? '' : ` (${number})`}${ending}`
      const key = candidate.toLowerCase()
      if (this.#given.has(key)) continue
      this.#given.add(key)
      return candidate
    }
  }
}
