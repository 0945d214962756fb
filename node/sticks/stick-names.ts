/**
 * Names that FAT, exFAT, Windows and macOS take, for paths that any system may have made. Nearly all stay as they are; the others are changed so that
 * no two meet, whatever the order they are asked in: the change depends on the whole set only.
 */
import { sha256 } from '../platform/hash.ts'
import { MAX_NAME_UNITS, MAX_PATH_UNITS } from './limits.ts'

/** Microsoft, "Naming Files, Paths, and Namespaces": also with an ending. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\.|$)/i

export class StickNames {
  /** Only what had to change; the rest is its own name. */
  readonly #changed = new Map<string, string>()

  /** @param paths of one folder of the stick, relative, in a fixed order: of several that only differ in case the first keeps its name */
  constructor(paths: Iterable<string>) {
    const taken = new Set<string>()
    const folders = new Set<string>()
    const all = [...paths]
    for (const path of all) {
      for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
        folders.add(foldedName(fitting(path.slice(0, slash))))
      }
    }
    for (const path of all) {
      let name = fitting(path)
      if (name.length > MAX_PATH_UNITS) name = `long-names/${shortHash(path)}${endingOf(path)}`
      if (taken.has(foldedName(name)) || folders.has(foldedName(name))) name = marked(name, shortHash(path))
      taken.add(foldedName(name))
      if (name !== path) this.#changed.set(path, name)
    }
  }

  of(path: string): string {
    return this.#changed.get(path) ?? path
  }

  get changedCount(): number {
    return this.#changed.size
  }
}

/** Whether a name that must stay as it is can lie on a stick. */
export function fitsStick(path: string): boolean {
  return path.length <= MAX_PATH_UNITS && fitting(path) === path
}

/** How two names are compared on the stick: without case, and macOS composes accents as it likes. */
export function foldedName(path: string): string {
  return path.normalize('NFC').toLowerCase()
}

function fitting(path: string): string {
  return path.split('/').map(fittingPart).join('/')
}

function fittingPart(part: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what may not be in a name
  let name = part.replace(/[\x00-\x1f\x7f<>:"\\|?*]/g, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length))
  if (RESERVED.test(name)) name = `_${name}`
  if (name.length <= MAX_NAME_UNITS) return name
  const ending = endingOf(name)
  return `${name.slice(0, MAX_NAME_UNITS - ending.length - 17)}-${shortHash(part)}${ending}`
}

function marked(path: string, mark: string): string {
  const ending = endingOf(path)
  return `${path.slice(0, path.length - ending.length)}-${mark}${ending}`
}

function endingOf(path: string): string {
  return /\.[A-Za-z0-9]{1,10}$/.exec(path)?.[0] ?? ''
}

function shortHash(path: string): string {
  return Buffer.from(sha256(Buffer.from(path)))
    .toString('hex')
    .slice(0, 16)
}
