/** Reads `PACKAGES` of one folder of an R repository (`tools::write_PACKAGES`), record by record: of 23,000 packages little is kept. */
import { JoineryError } from '../../../protocols/errors.ts'
import { parseDcf } from '../../mirrors/cran/dcf.ts'
import { compareRVersions, leastR } from '../../mirrors/cran/r-version.ts'
import { MAX_R_PACKAGES } from '../limits.ts'
import '../errors.ts'

export interface RRecord {
  packageName: string
  version: string
  /** `rlang (>= 1.1.0)`; of Depends, Imports and LinkingTo, without R itself. */
  needs: readonly RNeed[]
  /** The least R that it runs on; `0.0` when it does not say. */
  leastR: string
  /** Lower case hex. */
  md5?: string
  /** Below the folder, such as `4.4.0/Recommended`. */
  folder?: string
}

export interface RNeed {
  packageName: string
  /** At least; absent: any. */
  least?: string
}

/** Come with R itself ("R FAQ" 5.1.1): in no repository. */
const BASE: ReadonlySet<string> = new Set(
  'R base compiler datasets graphics grDevices grid methods parallel splines stats stats4 tcltk tools utils'.split(' ')
)
const NAME = /^[A-Za-z][A-Za-z0-9.]{0,98}[A-Za-z0-9]$/
const VERSION = /^[0-9]+(?:[.-][0-9]+)+$/
const MAX_VERSION_CHARACTERS = 50
/** One record; the longest list of authors and packages has 4,000. */
const MAX_RECORD_CHARACTERS = 64 * 1024

/** @returns by name; of several versions all, in their order. @throws JoineryError `UPSTREAM_BROKEN` */
export function parseRIndex(text: string): Map<string, RRecord[]> {
  const found = new Map<string, RRecord[]>()
  let count = 0
  for (const record of recordsOf(text)) {
    if (++count > MAX_R_PACKAGES) throw new JoineryError('UPSTREAM_BROKEN', 'the list of R packages is far too long')
    const one = readRecord(record)
    if (!one) continue
    const others = found.get(one.packageName)
    if (others) others.push(one)
    else found.set(one.packageName, [one])
  }
  return found
}

function* recordsOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    let end = at
    for (;;) {
      const line = text.indexOf('\n', end)
      if (line < 0) {
        end = text.length
        break
      }
      end = line + 1
      if (text[end] === '\n' || (text[end] === '\r' && text[end + 1] === '\n')) break
    }
    if (end - at > MAX_RECORD_CHARACTERS)
      throw new JoineryError('UPSTREAM_BROKEN', 'the list of R packages has a record that is far too long')
    const record = text.slice(at, end)
    if (record.trim() !== '') yield record
    at = end + 1
  }
}

function readRecord(text: string): RRecord | undefined {
  const fields = parseDcf(text)
  const packageName = fields.get('Package') ?? ''
  const version = fields.get('Version') ?? ''
  if (!isRName(packageName) || !VERSION.test(version) || version.length > MAX_VERSION_CHARACTERS) return undefined
  const md5 = fields.get('MD5sum')?.toLowerCase()
  const folder = fields.get('Path')
  if (folder !== undefined && !/^[A-Za-z0-9][\w.-]*(?:\/[A-Za-z0-9][\w.-]*){0,4}$/.test(folder)) return undefined
  return {
    ...{ packageName, version },
    needs: needsOf((name) => fields.get(name)),
    leastR: leastR(fields.get('Depends')),
    ...(md5 !== undefined && /^[0-9a-f]{32}$/.test(md5) ? { md5 } : {}),
    ...(folder === undefined ? {} : { folder })
  }
}

/** @param field such as `Imports` of a DESCRIPTION */
export function needsOf(field: (name: string) => string | undefined): RNeed[] {
  const needs = new Map<string, RNeed>()
  for (const name of ['Depends', 'Imports', 'LinkingTo']) {
    for (const part of (field(name) ?? '').split(',')) {
      const found = /^\s*([A-Za-z][A-Za-z0-9.]*)\s*(?:\(\s*(>=|>)?[^0-9)]*([0-9]+(?:[.-][0-9]+)*)?\s*\))?\s*$/.exec(
        part
      )
      const packageName = found?.[1]
      if (packageName === undefined || BASE.has(packageName) || !isRName(packageName)) continue
      const least = found?.[2] === undefined ? undefined : found[3]
      const known = needs.get(packageName)
      const isMore = least !== undefined && (known?.least === undefined || compareRVersions(known.least, least) < 0)
      if (!known || isMore) needs.set(packageName, { packageName, ...(least === undefined ? {} : { least }) })
    }
  }
  return [...needs.values()]
}

/** "Writing R Extensions" 1.1.1 */
export function isRName(name: string): boolean {
  return NAME.test(name) && !BASE.has(name)
}
