/**
 * HTML cut into tags and text, with places, after the tokenizer of the WHATWG HTML standard (section 13.2.5) as far as links need it. Works on a
 * string of bytes (latin1), so that every encoding that contains ASCII passes through unchanged. It cannot fail: what it takes for text stays as
 * it is. It is no defence either: pages are kept apart by the sandbox, whatever they say.
 */

export interface Attribute {
  /** Lower case. */
  name: string
  /** With character references decoded; of bytes, as the page. */
  value: string
  /** The value in the page, quotes included; empty right after the name when there is none. */
  start: number
  end: number
}

export type Token =
  | { kind: 'start'; name: string; attributes: Attribute[]; start: number; nameEnd: number; end: number }
  | { kind: 'end'; name: string; start: number; end: number }
  | { kind: 'text'; start: number; end: number }
  /** The content of an element that holds no tags. */
  | { kind: 'raw'; name: string; start: number; end: number }

/** Real tags have ten; what comes after these is not looked at. */
const MAX_ATTRIBUTES = 100

const RAW_ELEMENTS = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'noembed', 'noframes', 'iframe'])

export function* htmlTokens(page: string): Generator<Token> {
  for (let at = 0; at < page.length; ) {
    const open = page.indexOf('<', at)
    const textEnd = open < 0 ? page.length : open
    if (textEnd > at) yield { kind: 'text', start: at, end: textEnd }
    if (open < 0) return
    const next = page[open + 1] ?? ''
    if (isLetter(next)) {
      const tag = readStartTag(page, open)
      if (!tag) return
      yield tag
      at = tag.end
      if (RAW_ELEMENTS.has(tag.name)) {
        const end = rawEnd(page, tag.name, at)
        yield { kind: 'raw', name: tag.name, start: at, end }
        at = end
      }
    } else if (next === '/' && isLetter(page[open + 2] ?? '')) {
      const nameEnd = endOfName(page, open + 2)
      const close = page.indexOf('>', nameEnd)
      if (close < 0) return
      yield { kind: 'end', name: page.slice(open + 2, nameEnd).toLowerCase(), start: open, end: close + 1 }
      at = close + 1
    } else if (page.startsWith('<!--', open)) {
      at = after(page, '-->', open + 4)
    } else if (next === '!' || next === '?' || next === '/') {
      at = after(page, '>', open + 2)
    } else {
      yield { kind: 'text', start: open, end: open + 1 }
      at = open + 1
    }
  }
}

function readStartTag(page: string, open: number): (Token & { kind: 'start' }) | undefined {
  const nameEnd = endOfName(page, open + 1)
  const name = page.slice(open + 1, nameEnd).toLowerCase()
  const attributes: Attribute[] = []
  const names = new Set<string>()
  for (let at = nameEnd; at < page.length; ) {
    const character = page[at] ?? ''
    if (character === '>') return { kind: 'start', name, attributes, start: open, nameEnd, end: at + 1 }
    if (isSpace(character) || character === '/') {
      at++
      continue
    }
    const attribute = readAttribute(page, at)
    if (!attribute) return undefined
    // Of two with one name the first counts.
    if (!names.has(attribute.name) && names.size < MAX_ATTRIBUTES) {
      names.add(attribute.name)
      attributes.push(attribute)
    }
    at = attribute.end
  }
  return undefined
}

function readAttribute(page: string, start: number): Attribute | undefined {
  let at = start + 1
  while (at < page.length && !/[\s/>=]/.test(page[at] ?? '')) at++
  const name = page.slice(start, at).toLowerCase()
  const nameEnd = at
  while (isSpace(page[at] ?? '')) at++
  if (page[at] !== '=') return { name, value: '', start: nameEnd, end: nameEnd }
  at++
  while (isSpace(page[at] ?? '')) at++
  const quote = page[at] ?? ''
  if (quote === '"' || quote === "'") {
    const close = page.indexOf(quote, at + 1)
    if (close < 0) return undefined
    return { name, value: decodeReferences(page.slice(at + 1, close)), start: at, end: close + 1 }
  }
  const valueStart = at
  while (at < page.length && !/[\s>]/.test(page[at] ?? '')) at++
  return { name, value: decodeReferences(page.slice(valueStart, at)), start: valueStart, end: at }
}

/** The names of Latin-1 from 160 on, and what stands in titles. Names tell capitals apart, but for the first five. */
const LATIN_1 = (
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest ' +
  'Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig ' +
  'agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml'
).split(' ')
const NAMED: ReadonlyMap<string, number> = new Map([
  ...LATIN_1.map((name, at): [string, number] => [name, 160 + at]),
  ...([
    ['ndash', 0x2013],
    ['mdash', 0x2014],
    ['lsquo', 0x2018],
    ['rsquo', 0x2019],
    ['ldquo', 0x201c],
    ['rdquo', 0x201d],
    ['bull', 0x2022],
    ['hellip', 0x2026],
    ['trade', 0x2122],
    ['rarr', 0x2192],
    ['OElig', 0x152],
    ['oelig', 0x153]
  ] as const)
])
const ASCII: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The references that occur in addresses, titles and texts. A code over 127 comes out as the bytes of its UTF-8. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}))|([a-zA-Z][a-zA-Z0-9]{1,9}));/g,
    (all, hex, decimal, named) => {
      const name = String(named).toLowerCase()
      const ascii = named && Object.hasOwn(ASCII, name) ? ASCII[name] : undefined
      if (ascii) return ascii
      const code = named ? NAMED.get(named) : hex ? Number.parseInt(hex, 16) : Number(decimal)
      if (code === undefined || code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return all
      return code < 128 ? String.fromCharCode(code) : Buffer.from(String.fromCodePoint(code)).toString('latin1')
    }
  )
}

/** Addresses and titles are UTF-8 whatever the page is in; nobody uses another encoding for them. */
export function textOfBytes(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes
}

function rawEnd(page: string, name: string, from: number): number {
  for (let at = page.indexOf('</', from); at >= 0; at = page.indexOf('</', at + 2)) {
    const end = at + 2 + name.length
    if (page.slice(at + 2, end).toLowerCase() === name && /^[\s/>]?$/.test(page[end] ?? '')) return at
  }
  return page.length
}

function endOfName(page: string, from: number): number {
  let at = from
  while (at < page.length && !/[\s/>]/.test(page[at] ?? '')) at++
  return at
}

function after(page: string, text: string, from: number): number {
  const found = page.indexOf(text, from)
  return found < 0 ? page.length : found + text.length
}

function isLetter(character: string): boolean {
  return /^[a-z]$/i.test(character)
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\n' || character === '\t' || character === '\r' || character === '\f'
}
