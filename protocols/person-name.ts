/** Names of people as they stand in addresses (`/ana-maria/recipes.git`), and as people write them. */

/** Lower-case letters, digits and single hyphens; a hyphen neither first nor last. */
const PERSON_NAME = /^[a-z0-9](?:-?[a-z0-9])*$/
/** As on GitHub: fits a line of a terminal together with the name of a repository. */
export const MAX_PERSON_NAME_CHARACTERS = 39
/** As people write them: a line on a phone. */
export const MAX_SHOWN_NAME_CHARACTERS = 60

/**
 * First parts of addresses that are pages of ours, now or as planned, and a few that could be taken for the people who run the room.
 * `test/unit/people` compares it with what the front door serves.
 */
const RESERVED: ReadonlySet<string> = new Set([
  // what the front door serves
  ...['api', 'assets', 'blob', 'cran', 'healthz', 'installers', 'join', 'lessons', 'me', 'metrics', 'new', 'notes'],
  ...['people', 'pypi', 'room', 'search', 'setup', 'sign-in', 'sign-out', 'sign-up', 'signals', 'take-home', 'wants'],
  // what it may serve one day: a name that is taken cannot be had back
  ...[
    'about',
    'cards',
    'chat',
    'class',
    'cloud',
    'conda',
    'downloads',
    'events',
    'explore',
    'files',
    'git',
    'help',
    'hub'
  ],
  ...[
    'login',
    'logout',
    'mesh',
    'notifications',
    'oauth',
    'packages',
    'python',
    'r',
    'repositories',
    'design',
    'settings'
  ],
  ...['signup', 'ssh', 'static', 'status', 'survey', 'sync', 'upload', 'uploads', 'user', 'users', 'well-known', 'www'],
  // could be taken for somebody with rights
  ...['admin', 'administrator', 'joinery', 'root', 'support', 'system']
])

export function isReservedName(name: string): boolean {
  return RESERVED.has(name)
}

/** Has the shape of a name. It may still be reserved or taken. */
export function isPersonName(text: string): boolean {
  return text.length <= MAX_PERSON_NAME_CHARACTERS && PERSON_NAME.test(text)
}

/** Letters that Unicode does not take apart into a base letter and a mark. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i', ŋ: 'n' }
}

/**
 * The name in addresses for what somebody wrote: `Ana María` becomes `ana-maria`.
 *
 * @returns undefined when no letter or digit of ASCII is left, as of a name in another script
 */
export function personNameOf(text: string): string | undefined {
  const plain = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]/gu, (character) => LETTERS[character] ?? '-')
    .replace(/-+/g, '-')
    .slice(0, MAX_PERSON_NAME_CHARACTERS)
    .replace(/^-|-$/g, '')
  return plain === '' ? undefined : plain
}

/** One line without control and direction characters (they would let a name disguise another), or undefined when nothing is left. */
export function cleanShownName(text: string): string | undefined {
  const line = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
  const shown = Array.from(line).slice(0, MAX_SHOWN_NAME_CHARACTERS).join('').trim()
  return shown === '' ? undefined : shown
}
