/**
 * The rules of ARCHITECTURE.md that a machine can check, as pure functions over a file's path and text.
 * `test/architecture.test.ts` runs them over the tree and over bad snippets, so that each rule is seen to be able to fail.
 */

export interface SourceFile {
  /** From the top of the checkout, with `/`. */
  path: string
  text: string
}

export interface Offence {
  path: string
  rule: string
  what: string
}

/** Which layer a folder is in. A file imports from its own folder and from lower layers only. */
const LAYERS: Readonly<Record<string, number>> = {
  protocols: 0,
  // Pages as pure functions: the node renders them, the browser runs them.
  'web-client': 0.5,
  'node/platform': 1,
  'node/mesh': 2,
  'node/journal': 2,
  'node/blobs': 2,
  'node/room': 3,
  'node/collections': 3,
  'node/mirrors': 3,
  'node/notes': 3,
  'node/git': 3,
  'node/people': 3,
  'node/cloud': 3,
  'node/live': 3,
  'node/sticks': 3,
  'node/take-home': 3,
  'node/search': 3,
  'node/access-point': 3,
  'node/load': 3,
  'node/upstream': 3,
  'node/http': 4,
  'node/control': 4,
  'node/config': 4,
  'node/install': 4,
  'node/daemon': 5,
  'node/demo': 6,
  'node/commands': 6,
  'node/main': 7,
  'node/bin': 7
}

/** Any layer may describe settings in terms of lower ones, and the front door shows what the control socket does. */
const ALSO_ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ['node/control', 'node/config'],
  ['node/http', 'node/config'],
  ['node/demo', 'node/daemon'],
  ['node/commands', 'node/demo'],
  // What is read from an index on the internet is what a mirror serves: names, versions, records and archives are read in one way.
  ['node/upstream', 'node/mirrors'],
  // The demo is a verb like the others: it is handed the program and the terminal, and knows their types.
  ['node/demo', 'node/commands']
]

/** Where clock, chance, files and processes may be touched. */
const PLATFORM = 'node/platform'
const EFFECT_MODULES = [
  'fs',
  'fs/promises',
  'child_process',
  'crypto',
  'worker_threads',
  'timers',
  'timers/promises',
  'os'
]
const EFFECT_CALLS: readonly (readonly [name: string, found: RegExp])[] = [
  ['Date.now', /\bDate\.now\b/],
  ['new Date()', /\bnew Date\(\s*\)/],
  ['Math.random', /\bMath\.random\b/],
  ['setTimeout', /(?<![.\w])set(?:Timeout|Interval|Immediate)\s*\(/],
  ['performance.now', /\bperformance\.now\b/],
  ['crypto', /\bcrypto\.(?:getRandomValues|randomUUID|subtle)\b/],
  ['process.hrtime', /\bprocess\.hrtime\b/]
]
/** Where a program begins there is nothing yet that could hand it an effect; each line says which one and why. */
const EFFECTS_ALLOWED: readonly (readonly [file: RegExp, why: string])[] = [
  [/^node\/platform\//, 'this is the place'],
  [/^node\/bin\//, 'starts the process and builds dist/: runs before anything is composed']
]

const MESH_MODULES = /^(?:libp2p|@libp2p\/.+|@chainsafe\/libp2p-.+|@multiformats\/multiaddr.*|multicast-dns)$/

const MOST_LINES = 400
/** Longer files, each with its reason. */
export const LONG_FILES: ReadonlyMap<string, string> = new Map([
  [
    'node/blobs/copy-planner.ts',
    'one state machine: every event reads and changes the same tables, and halves of it would share them all'
  ],
  ['test/faults/collections-bad-folders.test.ts', 'a list of bad folders, each on its own; the list is the point']
])

/** Words of the glossary: what the wire calls a piece is called a piece. */
const WORDS: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\bchunks?\b/i, 'piece (of a blob) or bytes'],
  [/(?<![A-Za-z])[a-z]+Chunks?\b|\bChunk[A-Z]\w*/, 'piece'],
  [/\bblob[Bb]locks?\b|\bBlock(?:Store|Size|Id)\w*/, 'piece']
]
/** Files that must say the word, because somebody else's interface has it. */
const WORDS_ALLOWED: ReadonlyMap<string, string> = new Map()

export function checkFile(file: SourceFile): Offence[] {
  return [
    ...checkName(file),
    ...checkLength(file),
    ...(isCode(file.path) ? [...checkImports(file), ...checkEffects(file), ...checkWords(file)] : [])
  ]
}

function isCode(path: string): boolean {
  return /^(?:node|protocols|web-client)\/.*\.(?:ts|tsx|js)$/.test(path)
}

/** Kebab-case, and none of the names that mean nothing. */
function checkName({ path }: SourceFile): Offence[] {
  if (!/^(?:node|protocols|web-client|test)\/.*\.(?:ts|tsx|js)$/.test(path)) return []
  const name = path.slice(path.lastIndexOf('/') + 1)
  const stem = name.replace(/(?:\.test|\.config|\.d)?\.(?:ts|tsx|js)$/, '')
  const found: Offence[] = []
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem)) found.push({ path, rule: 'kebab-case', what: name })
  if (/^(?:utils?|helpers?|common|misc|manager|types)$|-(?:utils?|helpers?|manager)$/.test(stem))
    found.push({ path, rule: 'a noun that says something', what: name })
  return found
}

function checkLength({ path, text }: SourceFile): Offence[] {
  if (!/\.(?:ts|tsx)$/.test(path) || LONG_FILES.has(path)) return []
  const lines = text.trimEnd().split('\n').length
  return lines > MOST_LINES ? [{ path, rule: `at most ${MOST_LINES} lines`, what: `${lines} lines` }] : []
}

function checkImports({ path, text }: SourceFile): Offence[] {
  const found: Offence[] = []
  const from = folderOf(path)
  for (const specifier of importsOf(text)) {
    if (MESH_MODULES.test(specifier) && from !== 'node/mesh')
      found.push({ path, rule: 'libp2p and multicast only in node/mesh', what: specifier })
    if (!specifier.startsWith('.') || specifier.endsWith('.json')) continue
    const to = folderOf(resolveFrom(path, specifier))
    if (to === from) continue
    if (path.startsWith('web-client/')) {
      if (to !== 'protocols' && !to.startsWith('web-client'))
        found.push({ path, rule: 'web-client imports only protocols', what: specifier })
      continue
    }
    const [own, other] = [LAYERS[from], LAYERS[to]]
    const allowed = ALSO_ALLOWED.some(([a, b]) => a === from && b === to)
    if (own === undefined) found.push({ path, rule: 'every folder has a layer', what: from })
    else if (other === undefined) found.push({ path, rule: 'every folder has a layer', what: to })
    else if (other >= own && !allowed) found.push({ path, rule: 'dependency direction', what: `${from} → ${to}` })
  }
  return found
}

function checkEffects({ path, text }: SourceFile): Offence[] {
  if (EFFECTS_ALLOWED.some(([file]) => file.test(path)) || path.startsWith('web-client/')) return []
  const found: Offence[] = []
  const rule = `effects only in ${PLATFORM}`
  for (const specifier of importsOf(text)) {
    if (EFFECT_MODULES.includes(specifier.replace(/^node:/, ''))) found.push({ path, rule, what: specifier })
  }
  const code = withoutComments(text)
  for (const [what, call] of EFFECT_CALLS) if (call.test(code)) found.push({ path, rule, what })
  return found
}

function checkWords({ path, text }: SourceFile): Offence[] {
  if (WORDS_ALLOWED.has(path)) return []
  const found: Offence[] = []
  for (const [word, instead] of WORDS) {
    const hit = word.exec(text)
    if (hit) found.push({ path, rule: 'words of the glossary', what: `${hit[0]}: say ${instead}` })
  }
  return found
}

/** Static and dynamic imports, `import type` included: a type is a dependency too. */
export function importsOf(text: string): string[] {
  const code = withoutComments(text)
  const found: string[] = []
  for (const hit of code.matchAll(/^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm))
    found.push(hit[1] ?? '')
  for (const hit of code.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)) found.push(hit[1] ?? '')
  for (const hit of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push(hit[1] ?? '')
  return found
}

/** Good enough for our own code: a `//` inside a string costs the rest of its line, which can only hide an effect behind a URL. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
}

/** `node/<area>` for what lies in an area, `node/daemon` for node/daemon.ts, the top folder for the rest. */
function folderOf(path: string): string {
  const parts = path.split('/')
  if (parts[0] !== 'node') return parts[0] ?? ''
  return `node/${(parts[1] ?? '').replace(/\.(?:ts|js)$/, '')}`
}

function resolveFrom(path: string, specifier: string): string {
  const parts = path.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
