/** Dependency direction, effects, names and lengths over the whole tree, and each rule shown to be able to fail. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkFile, importsOf, LONG_FILES, type SourceFile } from './kit/architecture-rules.ts'

const TOP = join(import.meta.dirname, '..')

function sources(): SourceFile[] {
  const found: SourceFile[] = []
  for (const folder of ['node', 'protocols', 'web-client', 'test']) {
    for (const entry of readdirSync(join(TOP, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.parentPath.includes('node_modules') || entry.parentPath.includes('/dist')) continue
      const full = join(entry.parentPath, entry.name)
      if (!/\.(?:ts|tsx|js)$/.test(full)) continue
      found.push({ path: full.slice(TOP.length + 1), text: readFileSync(full, 'utf8') })
    }
  }
  return found
}

describe('the tree', () => {
  const files = sources()

  test('is really looked at', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(files.map((file) => file.path)).toContain('node/platform/clock.ts')
  })

  test('keeps every rule', () => {
    const offences = files.flatMap(checkFile).map(({ path, rule, what }) => `${path}: ${rule}: ${what}`)
    expect(offences).toEqual([])
  })

  test('has no exception that is no longer needed', () => {
    const paths = new Set(files.map((file) => file.path))
    expect([...LONG_FILES.keys()].filter((path) => !paths.has(path))).toEqual([])
  })
})

describe('each rule can fail', () => {
  const bad: [rule: string, path: string, text: string][] = [
    ['dependency direction', 'node/journal/log.ts', `import { x } from '../blobs/store.ts'`],
    ['dependency direction', 'node/platform/disk.ts', `import type { X } from '../mesh/host.ts'`],
    ['dependency direction', 'protocols/batch.ts', `export { sha256 } from '../node/platform/hash.ts'`],
    ['dependency direction', 'node/mirrors/pypi/index.ts', `const x = await import('../../collections/heads.ts')`],
    ['dependency direction', 'node/http/routes.ts', `import { createDaemon } from '../daemon.ts'`],
    ['every folder has a layer', 'node/extras/a.ts', `import { x } from '../platform/disk.ts'`],
    [
      'libp2p and multicast only in node/mesh',
      'node/room/members.ts',
      `import { peerIdFromString } from '@libp2p/peer-id'`
    ],
    ['libp2p and multicast only in node/mesh', 'node/daemon.ts', `import { multiaddr } from '@multiformats/multiaddr'`],
    ['web-client imports only protocols', 'web-client/page.tsx', `import { x } from '../node/platform/clock.ts'`],
    ['effects only in node/platform', 'node/blobs/store.ts', `import { readFile } from 'node:fs/promises'`],
    ['effects only in node/platform', 'protocols/cid.ts', `import { createHash } from 'node:crypto'`],
    ['effects only in node/platform', 'node/mesh/dial.ts', 'const at = Date.now()'],
    ['effects only in node/platform', 'node/mesh/dial.ts', 'const at = new Date().toISOString()'],
    ['effects only in node/platform', 'node/mesh/dial.ts', 'if (Math.random() < 0.5) retry()'],
    ['effects only in node/platform', 'node/mesh/dial.ts', 'setTimeout(retry, 50)'],
    ['effects only in node/platform', 'node/git/pack.ts', `import { spawn } from 'node:child_process'`],
    ['kebab-case', 'node/journal/syncSession.ts', ''],
    ['kebab-case', 'test/unit/Journal.test.ts', ''],
    ['a noun that says something', 'node/journal/utils.ts', ''],
    ['a noun that says something', 'node/blobs/peer-manager.ts', ''],
    ['at most 400 lines', 'node/blobs/store.ts', 'x\n'.repeat(401)],
    ['words of the glossary', 'node/blobs/fetch.ts', 'const next = chunk[0]'],
    ['words of the glossary', 'node/blobs/fetch.ts', 'const nextChunk = 1'],
    ['words of the glossary', 'node/blobs/fetch.ts', 'class BlockStore {}']
  ]
  for (const [rule, path, text] of bad) {
    test(`${rule}: ${path}: ${text.slice(0, 60).trim()}`, () => {
      expect(checkFile({ path, text }).map((offence) => offence.rule)).toContain(rule)
    })
  }
})

describe('what is right passes', () => {
  const good: [path: string, text: string][] = [
    [
      'node/blobs/store.ts',
      `import type { Disk } from '../platform/disk.ts'\nimport { parseCid } from '../../protocols/cid.ts'`
    ],
    [
      'node/daemon.ts',
      `import { openJournal } from './journal/index.ts'\nimport { createMesh } from './mesh/index.ts'`
    ],
    ['node/mesh/host.ts', `import { createLibp2p } from 'libp2p'`],
    ['node/platform/clock.ts', 'export const now = () => Date.now()'],
    ['node/http/front-door.ts', `import { createServer } from 'node:http'`],
    ['node/blobs/fetch.ts', '// setTimeout( would be wrong here, and Date.now too\nconst wait = clock.after(5, go)'],
    ['node/blobs/fetch.ts', 'const at = new Date(clock.wallMs()) // shown to people'],
    ['node/blobs/store.ts', 'x\n'.repeat(400)],
    ['web-client/page.tsx', `import { parseCid } from '../protocols/cid.ts'\nimport { Row } from './row.tsx'`]
  ]
  for (const [path, text] of good) {
    test(`${path}: ${text.slice(0, 50)}`, () => {
      expect(checkFile({ path, text })).toEqual([])
    })
  }

  test('imports are found however they are written', () => {
    const text = [
      `import {\n  a,\n  b\n} from './one.ts'`,
      `import './two.ts'`,
      `export * from './three.ts'`,
      `const d = import('./four.ts')`,
      `// import './five.ts'`,
      `import type { E } from "./six.ts"`
    ].join('\n')
    expect(importsOf(text).sort()).toEqual(['./four.ts', './one.ts', './six.ts', './three.ts', './two.ts'])
  })
})
