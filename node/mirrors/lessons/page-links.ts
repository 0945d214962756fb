/** Which attributes of HTML hold addresses, and what each one is for. */

export type LinkUse =
  /** The reader goes there. */
  | 'go'
  /** A part of the page that shows something else: a video, a frame. */
  | 'embed'
  /** Needed for how the page looks or works; must not hold it up. */
  | 'script'
  | 'style'
  /** A picture, a font, an icon: its place stays empty. */
  | 'load'

const USES: Readonly<Record<string, Readonly<Record<string, LinkUse>>>> = {
  a: { href: 'go' },
  area: { href: 'go' },
  audio: { src: 'embed' },
  embed: { src: 'embed' },
  form: { action: 'go' },
  iframe: { src: 'embed' },
  image: { href: 'load', 'xlink:href': 'load' },
  img: { src: 'load', srcset: 'load' },
  input: { src: 'load' },
  link: { href: 'load' },
  object: { data: 'embed' },
  script: { src: 'script' },
  source: { src: 'load', srcset: 'load' },
  track: { src: 'load' },
  use: { href: 'load', 'xlink:href': 'load' },
  video: { src: 'embed', poster: 'load' }
}

export function linkUse(element: string, attribute: string): LinkUse | undefined {
  const uses = Object.hasOwn(USES, element) ? USES[element] : undefined
  return uses && Object.hasOwn(uses, attribute) ? uses[attribute] : undefined
}

/** What is in these is for programs. */
export const CODE_ELEMENTS: ReadonlySet<string> = new Set(['code', 'pre', 'samp', 'kbd'])

/** Addresses in running text, such as a program's: up to what cannot stand in one, or far too long. */
const ADDRESS_IN_TEXT = /https?:\/\/[^\s"'`<>(){}\\|^[\]]{1,2048}/g
/** The same ends written as references: many generators write `read.csv(&quot;https://…/a.csv&quot;)`. */
const END_AS_REFERENCE = /&(?:quot|apos|lt|gt|#(?:x(?:22|27|3c|3e|60)|34|39|60|62|96));/i
/** A sentence's own signs at its end are no part of an address. */
const SENTENCE_END = /[.,;:!?]+$/

/** @param text as it stands in the page, with its references */
export function* addressesInText(text: string): Generator<{
  at: number
  /** As it stands in the page. */
  shown: string
  /** Goes on with something for the reader to fill in: `https://host/<name>`. */
  isPattern: boolean
}> {
  for (const found of text.matchAll(ADDRESS_IN_TEXT)) {
    const end = END_AS_REFERENCE.exec(found[0])
    const shown = found[0].slice(0, end?.index).replace(SENTENCE_END, '')
    yield { at: found.index, shown, isPattern: /^&(?:lt|#60|#x3c);$/i.test(end?.[0] ?? '') }
  }
}
