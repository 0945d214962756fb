/** What is taken for a want, from what the room has and an index that the test makes; and which device takes it, and when. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseVersion } from '../../../node/mirrors/pypi/version.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import type { FetchedFile, WantedFile } from '../../../node/upstream/downloads.ts'
import { type FetchState, fetchFold } from '../../../node/upstream/fetch-fold.ts'
import {
  automaticWants,
  FetchRhythm,
  failures,
  fetchedElsewhere,
  lostClaims
} from '../../../node/upstream/fetch-plan.ts'
import { MAX_AUTOMATIC_WANTS_A_DAY, MAX_FILE_BYTES, MAX_WANT_FILES } from '../../../node/upstream/limits.ts'
import { pythonClosure } from '../../../node/upstream/python/python-closure.ts'
import { parseRequirement, type Requirement } from '../../../node/upstream/python/requirement.ts'
import { type IndexFile, parseSimpleJson } from '../../../node/upstream/python/simple-index.ts'
import { rClosure } from '../../../node/upstream/r/r-closure.ts'
import { parseRIndex } from '../../../node/upstream/r/r-index.ts'
import { WantFetch, type WantOutcome } from '../../../node/upstream/want-fetch.ts'
import { decodeCbor, encodeCbor } from '../../../protocols/cbor.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import {
  decodeWantFetch,
  decodeWantSetting,
  keyOfWant,
  MAX_TOLD_FETCHES,
  wantFetchEntry,
  wantSettingEntry
} from '../../../protocols/want-fetching.ts'
import type { Want } from '../../../protocols/wants.ts'
import { MemoryContent } from '../../fixtures/memory-content.ts'
import { type TemporaryFolder, temporaryFolder } from '../../kit/temporary-folder.ts'

const WINDOWS = { version: [3, 12], system: 'Windows', cpu: 'AMD64' } as const

function index(
  files: Readonly<Record<string, { needs?: string[]; python?: string; yanked?: boolean; size?: number }>>
) {
  const projectOf = (name: string): string => (name.split('-')[0] ?? '').replaceAll('_', '-')
  const needs = new Map<string, Requirement[]>()
  for (const [name, { needs: said = [] }] of Object.entries(files))
    needs.set(
      name,
      said.flatMap((one) => parseRequirement(one) ?? [])
    )
  const filesOf = (project: string): IndexFile[] | undefined => {
    const names = Object.keys(files).filter((name) => projectOf(name) === project)
    if (names.length === 0) return undefined
    const lines = names.map((filename) => {
      const { python, yanked, size = 10 } = files[filename] ?? {}
      const sha256 = createHash('sha256').update(filename).digest('hex')
      return { filename, url: `/f/${filename}`, hashes: { sha256 }, size, 'requires-python': python, yanked }
    })
    return parseSimpleJson(
      JSON.stringify({ meta: { 'api-version': '1.0' }, name: project, files: lines }),
      new URL('https://i.example/'),
      project
    )
  }
  return { filesOf, needsOf: async ({ fileName }: IndexFile) => needs.get(fileName) ?? [] }
}

async function closure(
  files: Parameters<typeof index>[0],
  root: string,
  room: Record<string, string> = {}
): Promise<string[]> {
  const { filesOf, needsOf } = index(files)
  const packages = {
    inRoom: (project: string) => {
      const version = parseVersion(room[project] ?? '')
      return version
        ? [{ version, kind: 'wheel' as const, tags: ['py3-none-any'], build: -1, needs: async () => [] }]
        : []
    },
    atIndex: async (project: string) => filesOf(project),
    needsOf
  }
  const requirement = parseRequirement(root)
  if (!requirement) throw new Error(root)
  return (await pythonClosure(packages, [requirement], WINDOWS)).map(({ fileName }) => fileName).sort()
}

const code = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'none',
    (error: { code?: unknown }) => error.code
  )

describe('for a Python package', () => {
  test('the newest final version that has a file for that Python is taken, a wheel before a source, and its own tag before a general one', async () => {
    const files = {
      'a-1.0-cp312-cp312-win_amd64.whl': {},
      'a-1.0-py3-none-any.whl': {},
      'a-1.1-cp312-cp312-manylinux_2_17_x86_64.whl': {},
      'a-1.1.tar.gz': {},
      'a-1.2-py3-none-any.whl': { python: '>=3.13' },
      'a-1.3-py3-none-any.whl': { yanked: true },
      'a-2.0rc1-py3-none-any.whl': {}
    }
    expect(await closure(files, 'a')).toEqual(['a-1.0-cp312-cp312-win_amd64.whl'])
    expect(await closure(files, 'a==1.3')).toEqual(['a-1.3-py3-none-any.whl'])
    expect(await closure(files, 'a>=2.0rc1')).toEqual(['a-2.0rc1-py3-none-any.whl'])
    expect(await closure(files, 'a>1.0')).toEqual(['a-1.1.tar.gz'])
    expect(await code(closure(files, 'a>=3'))).toBe('WANT_NO_FILE')
    expect(await code(closure(files, 'b'))).toBe('WANT_UNKNOWN_PACKAGE')
  })

  test('what it needs on that system comes with it, as far as the room lacks it', async () => {
    const files = {
      'a-1.0-py3-none-any.whl': { needs: ['b[fast]>=2', 'c; os_name == "nt"', 'd; sys_platform == "linux"', 'e'] },
      'b-2.0-py3-none-any.whl': { needs: ['speed; extra == "fast"', 'slow; extra == "other"'] },
      'c-1.0-py3-none-any.whl': {},
      'e-1.0-py3-none-any.whl': {},
      'speed-1.0-py3-none-any.whl': { needs: ['a'] }
    }
    const all = ['a', 'b', 'c', 'e', 'speed'].map((name) => `${name}-${name === 'b' ? '2.0' : '1.0'}-py3-none-any.whl`)
    expect(await closure(files, 'a')).toEqual(all)
    expect(await closure(files, 'a', { b: '1.9', e: '3.0' })).toEqual(all.filter((name) => !name.startsWith('e')))
  })

  test('two needs that disagree are brought together, or told', async () => {
    const files = {
      'a-1.0-py3-none-any.whl': { needs: ['b', 'c'] },
      'b-2.0-py3-none-any.whl': {},
      'b-1.0-py3-none-any.whl': {},
      'c-1.0-py3-none-any.whl': { needs: ['b<2'] }
    }
    expect(await closure(files, 'a')).toContain('b-1.0-py3-none-any.whl')
    expect(await code(closure({ ...files, 'c-1.0-py3-none-any.whl': { needs: ['b>5'] } }, 'a'))).toBe('WANT_NO_FILE')
    expect(await code(closure({ 'a-1.0-py3-none-any.whl': { needs: ['b @ https://x.example/b.zip'] } }, 'a'))).toBe(
      'WANT_CONFLICT'
    )
  })

  test('as many packages as the limit come, and not one more', async () => {
    const chain = (count: number): Parameters<typeof index>[0] =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `p${i}-1.0-py3-none-any.whl`,
          { needs: i + 1 < count ? [`p${i + 1}`] : [] }
        ])
      )
    expect(await closure(chain(MAX_WANT_FILES), 'p0')).toHaveLength(MAX_WANT_FILES)
    expect(await code(closure(chain(MAX_WANT_FILES + 1), 'p0'))).toBe('WANT_TOO_LARGE')
  })
})

test('for an R package what it depends on, imports and links to comes with it, new enough and for that R', () => {
  const list = parseRIndex(
    'Package: aa\nVersion: 2.0\nDepends: R (>= 4.5)\n\nPackage: aa\nVersion: 1.0\nDepends: R (>= 4.1.2), stats\nImports: bb (>= 1.1)\nLinkingTo: cc\nSuggests: dd\n\nPackage: bb\nVersion: 1.2\n\nPackage: cc\nVersion: 1.0\n'
  )
  const names = (here: string, name = 'aa', least?: string): string[] => {
    const inRoom = parseRIndex(here)
    const need = { packageName: name, ...(least === undefined ? {} : { least }) }
    return rClosure({ inRoom: (one) => inRoom.get(one) ?? [], atIndex: list, rVersion: '4.4' }, [need]).map(
      ({ packageName, version }) => `${packageName} ${version}`
    )
  }
  expect(names('')).toEqual(['aa 1.0', 'bb 1.2', 'cc 1.0'])
  expect(names('Package: bb\nVersion: 1.0\n\nPackage: cc\nVersion: 0.1\n')).toEqual(['aa 1.0', 'bb 1.2'])
  expect(() => names('', 'zz')).toThrow('has no zz')
  expect(() => names('', 'bb', '9.0')).toThrow('or later is needed')
  expect(() => names('', 'aa', '2.0')).toThrow('for R 4.4')
})

describe('a run', () => {
  let folder: TemporaryFolder
  let imported: { collection: string; folders: readonly string[] }[]
  beforeEach(() => {
    folder = temporaryFolder()
    imported = []
  })
  afterEach(() => folder[Symbol.dispose]())

  const want = (name: string): Want => ({
    ...{ collection: 'pypi', name, runs: 'Python', version: '3.12', system: 'Windows', cpu: 'AMD64' },
    ...{ count: 1, learners: 1, who: [] }
  })

  async function run(
    files: Parameters<typeof index>[0],
    names: string[],
    more: { fail?: (file: WantedFile) => string | undefined; refuse?: string; dryRun?: boolean; free?: number } = {}
  ): Promise<string[]> {
    const { filesOf, needsOf } = index(files)
    const outcomes: WantOutcome[] = await new WantFetch(
      {
        python: {
          files: async (project) => filesOf(project),
          metadata: async (file) => {
            const needs = await needsOf(file)
            return Buffer.from(needs.map(({ project }) => `Requires-Dist: ${project}\n`).join(''))
          }
        },
        r: { list: async () => undefined, address: () => new URL('https://r.example/'), fileName: () => '' },
        downloads: {
          async fetch(wanted): Promise<FetchedFile> {
            const failure = more.fail?.(wanted)
            if (failure !== undefined) throw new JoineryError(failure, wanted.path)
            const place = join(folder.path, wanted.digest?.hex ?? '', 'internet')
            const file = join(place, wanted.path)
            mkdirSync(dirname(file), { recursive: true })
            writeFileSync(file, 'x')
            return { folder: place, file, sizeBytes: wanted.sizeBytes ?? 1 }
          },
          drop: async () => undefined
        },
        disk: nodeDisk,
        content: new MemoryContent(),
        blobs: new MemoryContent(),
        freeBytes: async () => more.free,
        async importInto(collection, folders) {
          imported.push({ collection, folders })
          return more.refuse === undefined
            ? []
            : [{ path: `internet/${more.refuse}`, code: 'PACKAGE_MISMATCH', text: 'no' }]
        }
      },
      { dryRun: more.dryRun === true, pythons: [], signal: new AbortController().signal, progress: () => undefined }
    ).run(names.map(want))
    return outcomes.map(({ want: { name }, state, code: why }) => [name, state, why].filter(Boolean).join(' '))
  }

  const FILES = {
    'a-1.0-py3-none-any.whl': { needs: ['c'] },
    'b-1.0-py3-none-any.whl': { needs: ['c', 'd'] },
    'c-1.0-py3-none-any.whl': {},
    'd-1.0-py3-none-any.whl': {}
  }

  test('imports all that is whole at once, each file once; of what is not whole nothing', async () => {
    const fail = ({ path }: WantedFile): string | undefined => (path.startsWith('d-') ? 'WANT_HASH_WRONG' : undefined)
    expect(await run(FILES, ['a', 'b', '../x', 'zz'], { fail })).toEqual([
      'a fetched',
      'b failed WANT_HASH_WRONG',
      '../x failed WANT_NAME_INVALID',
      'zz failed WANT_UNKNOWN_PACKAGE'
    ])
    expect(imported.map(({ collection, folders }) => [collection, folders.length])).toEqual([['pypi', 2]])
  })

  test('in which nothing is to be had imports nothing, and a dry run neither fetches nor imports', async () => {
    expect(await run(FILES, ['zz'])).toEqual(['zz failed WANT_UNKNOWN_PACKAGE'])
    expect(await run(FILES, ['b'], { dryRun: true, fail: () => 'INTERNAL' })).toEqual(['b planned'])
    expect(imported).toEqual([])
  })

  test('ends where the line, the limit or the disk ends, and says so of each', async () => {
    for (const failure of ['UPSTREAM_UNREACHABLE', 'WANT_BUDGET_SPENT', 'WANT_DISK_FULL'])
      expect(await run(FILES, ['a', 'zz'], { fail: () => failure })).toEqual([
        `a failed ${failure}`,
        `zz failed ${failure}`
      ])
    expect(await run(FILES, ['a'], { free: 19 })).toEqual(['a failed WANT_DISK_FULL'])
    expect(await run(FILES, ['a'], { free: 20 })).toEqual(['a fetched'])
  })

  test('says what the import refused, and takes no file past its limit', async () => {
    expect(await run(FILES, ['a', 'd'], { refuse: 'c-1.0-py3-none-any.whl' })).toEqual([
      'a failed PACKAGE_MISMATCH',
      'd fetched'
    ])
    const big = (size: number): Parameters<typeof index>[0] => ({ 'a-1.0-py3-none-any.whl': { size } })
    expect(await run(big(MAX_FILE_BYTES), ['a'])).toEqual(['a fetched'])
    expect(await run(big(MAX_FILE_BYTES + 1), ['a'])).toEqual(['a failed WANT_TOO_LARGE'])
  })
})

describe('which device fetches', () => {
  const keys = ['a', 'b'].map((name) => ({ collection: 'pypi', name, target: '' }))
  const [a, b] = keys as [(typeof keys)[0], (typeof keys)[0]]
  const wants: Want[] = keys.map((key) => ({ ...key, count: 1, learners: 1, who: [] }))
  const state = (
    told: Record<string, { at: number; fetching?: typeof keys; failed?: [string, string][] }>
  ): FetchState => ({
    byNode: new Map(
      Object.entries(told).map(([node, { at, fetching = [], failed = [] }]) => {
        const said = failed.map(([name, why]) => ({ collection: 'pypi', name, target: '', code: why }))
        return [
          node,
          { told: { node, fetching, failed: said }, stamp: { lamport: at, writer: node, number: 0, index: 0 } }
        ]
      })
    )
  })
  const view = (of: FetchState, linked = true): Parameters<typeof automaticWants>[1] => ({
    state: of,
    self: 'me',
    isLinked: () => linked
  })
  const names = (list: readonly Want[]): string[] => list.map(({ name }) => name)

  test('not the one that another linked device is at, nor what failed for good', () => {
    const told = state({ other: { at: 1, fetching: [a] } })
    expect(names(automaticWants(wants, view(told)))).toEqual(['b'])
    expect(names(automaticWants(wants, view(told, false)))).toEqual(['a', 'b'])
    expect([...fetchedElsewhere(view(told))]).toEqual([[keyOfWant(a), 'other']])
    const failed = state({
      other: {
        at: 1,
        failed: [
          ['a', 'WANT_NO_FILE'],
          ['b', 'UPSTREAM_UNREACHABLE']
        ]
      }
    })
    expect(names(automaticWants(wants, view(failed)))).toEqual(['b'])
    expect(
      failures(
        state({ x: { at: 2, failed: [['a', 'WANT_NO_FILE']] }, y: { at: 1, failed: [['a', 'WANT_CONFLICT']] } })
      ).get(keyOfWant(a))
    ).toBe('WANT_NO_FILE')
  })

  test('of two that begin at once the one that said it first, on both of them', () => {
    const told = state({ me: { at: 2, fetching: [a, b] }, other: { at: 1, fetching: [a] } })
    expect([...lostClaims(view(told))]).toEqual([keyOfWant(a)])
    expect([...lostClaims({ ...view(told), self: 'other' })]).toEqual([])
    expect([...lostClaims(view(told, false))]).toEqual([])
  })

  test('soon after a network came, later and later while nothing is reached, and so many a day', () => {
    const rhythm = new FetchRhythm(() => 0.5, 0)
    expect(rhythm.due(0, 'eth0')).toBe(0)
    expect(rhythm.due(2_000, 'eth0')).toBe(MAX_AUTOMATIC_WANTS_A_DAY)
    let nowMs = 2_000
    const waits = Array.from({ length: 12 }, () => {
      rhythm.ended(nowMs, { reached: false, wants: 0 })
      const startMs = nowMs
      while (rhythm.due(nowMs, 'eth0') === 0) nowMs += 1_000
      return nowMs - startMs
    })
    expect(waits).toEqual([...waits].sort((x, y) => x - y))
    expect(waits.at(-1)).toBe(15 * 60_000)
    rhythm.ended(nowMs, { reached: false, wants: 0 })
    expect(rhythm.due(nowMs + 3_000, 'eth0 eth1')).toBe(0)
    expect(rhythm.due(nowMs + 6_000, 'eth0 eth1')).toBeGreaterThan(0)
    rhythm.ended(nowMs, { reached: true, wants: MAX_AUTOMATIC_WANTS_A_DAY })
    rhythm.again(nowMs)
    expect(rhythm.due(nowMs, 'eth0 eth1')).toBe(0)
    expect(rhythm.due(nowMs + 24 * 3_600_000, 'eth0 eth1')).toBe(MAX_AUTOMATIC_WANTS_A_DAY)
  })
})

describe('the facts', () => {
  const body = (entry: { body: unknown }): never => decodeCbor(encodeCbor(entry.body as never), 1e6) as never

  test('say themselves again, cut to their limits, and are kept in a snapshot', () => {
    const setting = { automatic: true, budgetBytes: null, count: new Uint8Array(8).fill(7) }
    expect(decodeWantSetting(body(wantSettingEntry(setting)))).toEqual(setting)
    const key = { collection: 'pypi', name: 'x'.repeat(300), target: '' }
    const told = {
      node: 'n',
      fetching: Array.from({ length: MAX_TOLD_FETCHES + 1 }, () => key),
      failed: [{ ...key, code: 'WANT_NO_FILE' }]
    }
    const read = decodeWantFetch(body(wantFetchEntry(told)))
    expect([read?.fetching.length, read?.fetching[0]?.name.length, read?.failed[0]?.code]).toEqual([
      MAX_TOLD_FETCHES,
      200,
      'WANT_NO_FILE'
    ])
    const state = fetchFold.empty()
    const entry = { topic: 'wants', version: 1, node: 'n', lamport: 1, writer: 'w', number: 0, index: 0 }
    fetchFold.apply(state, { ...entry, ...wantSettingEntry(setting) } as never)
    fetchFold.apply(state, { ...entry, ...wantFetchEntry(told) } as never)
    // Nobody speaks for another.
    fetchFold.apply(state, { ...entry, ...wantFetchEntry({ ...told, node: 'm' }) } as never)
    expect([...state.byNode.keys()]).toEqual(['n'])
    expect(fetchFold.load(decodeCbor(encodeCbor(fetchFold.save(state)), 1e6))).toEqual(state)
  })

  test('are read or left alone, whatever a device writes (100,000 bodies)', () => {
    const value = fc.oneof(
      fc.constantFrom('n', '', true, null, 0, -1, 1.5, new Uint8Array(8)),
      fc.string({ maxLength: 3 }),
      fc.array(fc.array(fc.constantFrom('a', 1), { maxLength: 5 }), { maxLength: 3 })
    )
    const fields = fc.record(
      { node: value, fetching: value, failed: value, automatic: value, budgetBytes: value, count: value },
      { requiredKeys: [] }
    )
    fc.assert(
      fc.property(fields, (said) => {
        const told = decodeWantFetch(said as never)
        if (told) expect(decodeWantFetch(wantFetchEntry(told).body as never)).toEqual(told)
        const setting = decodeWantSetting(said as never)
        if (setting) expect(decodeWantSetting(wantSettingEntry(setting).body as never)).toEqual(setting)
      }),
      { numRuns: 100_000 }
    )
  })
})
