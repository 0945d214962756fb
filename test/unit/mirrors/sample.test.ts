import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { buildSample, sampleFiles } from '../../../node/demo/sample/build.ts'
import { lessonsKind } from '../../../node/mirrors/lessons/index.ts'
import { nodeDisk } from '../../../node/platform/disk.ts'
import { cidOf, MemoryContent } from '../../fixtures/memory-content.ts'

describe('the sample workshop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-sample-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is small, and the same each time and on each machine', () => {
    const files = sampleFiles()
    expect(files.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(200_000)
    expect(files).toEqual(sampleFiles())
    // Changes with the content only: stored, not compressed, so that no release of zlib matters.
    const wheel = files.find(({ path }) => path.endsWith('.whl'))
    const rPackage = files.find(({ path }) => path.endsWith('.tar.gz'))
    expect([
      cidOf(wheel?.bytes ?? new Uint8Array()),
      cidOf(rPackage?.bytes ?? new Uint8Array())
    ]).toMatchInlineSnapshot(`
      [
        "bafkreigxkmqlgwwavlplbtiyiy6ecrwpcidv2yettn72nyi46pj6wkntpy",
        "bafkreif37umpqypk3atxdm3jc5yurw55npvihjic4epojfn3pbraa4gbui",
      ]
    `)
  })

  test('is written as a folder, also over an older one', async () => {
    await buildSample(nodeDisk, folder)
    await buildSample(nodeDisk, folder)
    const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const paths = written.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort()
    expect(paths).toEqual(
      sampleFiles()
        .map(({ path }) => path)
        .sort()
    )
    for (const { path, bytes } of sampleFiles()) expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true)
  })

  test('is taken by every inspector, and nothing that its lesson reads is missing', async () => {
    const content = new MemoryContent()
    await content.addWorkshop(folder)
    expect(content.collections()).toEqual(['cran', 'installers', 'lessons', 'pypi'])
    expect([...content.list('pypi')].map(({ path }) => path)).toEqual([
      'joinery-birds/joinery_birds-1.0.0-py3-none-any.whl'
    ])
    expect([...content.list('cran')].map(({ path }) => path)).toEqual(['src/contrib/joinerybirds_1.0.0.tar.gz'])
    expect([...content.list('installers')].map(({ details }) => [details.product, details.system])).toEqual([
      ['joinery-sample', 'linux'],
      ['joinery-sample', 'macos'],
      ['joinery-sample', 'windows']
    ])
    expect(lessonsKind.notices?.(content, () => true)).toEqual([])
  })
})
