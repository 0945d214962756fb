/** The three content types of a simple index (PEP 691) and how a client's Accept header picks one. */

export const SIMPLE_JSON = 'application/vnd.pypi.simple.v1+json'
export const SIMPLE_HTML = 'application/vnd.pypi.simple.v1+html'
export const PLAIN_HTML = 'text/html'

export type SimpleType = typeof SIMPLE_JSON | typeof SIMPLE_HTML | typeof PLAIN_HTML

/** In the order in which we prefer them where a client does not care; text/html first, because that is what old clients mean by nothing. */
const OFFERED: readonly SimpleType[] = [PLAIN_HTML, SIMPLE_JSON, SIMPLE_HTML]
const ALIASES: ReadonlyMap<string, SimpleType> = new Map([
  ['application/vnd.pypi.simple.latest+json', SIMPLE_JSON],
  ['application/vnd.pypi.simple.latest+html', SIMPLE_HTML]
])
/** pip sends three; browsers eight. More is no client of ours. */
const MAX_ACCEPT_CHARACTERS = 1024

/**
 * The type with the highest quality; of equal ones the one that we prefer. A client that accepts none of them gets text/html, as PEP 691 allows.
 *
 * @param format the query parameter `format`, which wins over the header
 */
export function pickSimpleType(accept: string | undefined, format: string | null): SimpleType {
  const asked = format === null ? undefined : typeOf(format)
  if (asked) return asked
  let best: SimpleType = PLAIN_HTML
  let bestQuality = 0
  const ranges = parseAccept(accept ?? '*/*')
  for (const type of OFFERED) {
    const quality = qualityOf(type, ranges)
    if (quality > bestQuality) {
      best = type
      bestQuality = quality
    }
  }
  return best
}

interface Range {
  type: string
  quality: number
}

function parseAccept(header: string): Range[] {
  return header
    .slice(0, MAX_ACCEPT_CHARACTERS)
    .toLowerCase()
    .split(',')
    .map((part) => {
      const [type = '', ...parameters] = part.split(';').map((piece) => piece.trim())
      const q = parameters.find((parameter) => /^q\s*=/.test(parameter))
      const quality = q === undefined ? 1 : Number(q.slice(q.indexOf('=') + 1))
      return { type: ALIASES.get(type) ?? type, quality: quality >= 0 && quality <= 1 ? quality : 0 }
    })
}

/** The most specific range that matches counts (RFC 9110, section 12.5.1). */
function qualityOf(type: SimpleType, ranges: readonly Range[]): number {
  for (const wanted of [type, `${type.slice(0, type.indexOf('/'))}/*`, '*/*']) {
    const found = ranges.filter((range) => range.type === wanted)
    if (found.length > 0) return Math.max(...found.map((range) => range.quality))
  }
  return 0
}

function typeOf(text: string): SimpleType | undefined {
  return ALIASES.get(text) ?? OFFERED.find((type) => type === text)
}
