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

/** Addresses in running text, such as a program's: up to what cannot stand in one (see `withoutSentenceEnd`), or far too long. */
export const ADDRESS_IN_TEXT = /https?:\/\/[^\s"'`<>(){}\\|^[\]]{1,2048}/g

/** A sentence's own signs at its end are no part of an address. */
export function withoutSentenceEnd(address: string): string {
  return address.replace(/[.,;:!?]+$/, '')
}
