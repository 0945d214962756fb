/** What stock R does with the mirror of CRAN, over HTTP. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { rProfileBlock } from '../../web-client/setup/r-profile.ts'
import { MemoryContent } from '../fixtures/memory-content.ts'
import { type MirrorServer, startMirrorServer } from '../fixtures/mirror-server.ts'
import { type RPackageInit, rMac, rSource, rWindows } from '../fixtures/r-packages.ts'
import { requireTool, run, type ToolResult } from '../fixtures/tool.ts'

const folder = mkdtempSync(join(tmpdir(), 'joinery-r-'))
let rscript: string
let server: MirrorServer
let libraries = 0
let library = ''

const SOURCES: readonly RPackageInit[] = [
  { name: 'alpha', version: '1.0', fields: { Imports: 'beta (>= 1.1), utils' } },
  { name: 'beta', version: '1.0' },
  { name: 'beta', version: '1.2-1' },
  { name: 'beta', version: '1.10' },
  { name: 'future', version: '1.0' },
  { name: 'future', version: '2.0', fields: { Depends: 'R (>= 99.0)' } },
  { name: 'needy', version: '1.0', fields: { Imports: 'beta, absent, utils', Suggests: 'suggested' } },
  { name: 'windowsonly', version: '1.0', fields: { OS_type: 'windows' } }
]

beforeAll(async () => {
  rscript = requireTool('Rscript', 'apt-get install r-base-core')
  const content = new MemoryContent()
  for (const init of SOURCES)
    await content.add('cran', `src/contrib/${init.name}_${init.version}.tar.gz`, rSource(init))
  for (const version of ['1.0', '1.2']) {
    const init = { name: 'alpha', version }
    await content.add('cran', `bin/windows/contrib/4.2/alpha_${version}.zip`, rWindows(init, '4.2.3'))
    await content.add('cran', `bin/macosx/big-sur-arm64/contrib/4.2/alpha_${version}.tgz`, rMac(init))
  }
  server = await startMirrorServer(content)
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  library = join(folder, `library-${++libraries}`)
  mkdirSync(library)
  server.requests.length = 0
  server.wants.length = 0
})

/** @param code with `repos` set */
async function r(code: string): Promise<ToolResult & { lines: string[] }> {
  const first = `options(repos = c(CRAN = "${server.address}/cran"), timeout = 60)\n`
  const result = await run(rscript, ['--vanilla', '-e', first + code], { R_LIBS_USER: library }, folder)
  return { ...result, lines: result.stdout.split('\n').filter((line) => line !== '') }
}

describe('R installs', () => {
  test('a package with what it needs, the newest version of each', async () => {
    const result = await r('install.packages("alpha", quiet = TRUE); cat(alpha::version_said(), beta::version_said())')
    expect([result.stdout, result.code]).toEqual(['1.0 1.10', 0])
    expect(readdirSync(library).sort()).toEqual(['alpha', 'beta'])
  })

  test('the newest version that it is new enough for', async () => {
    expect((await r('install.packages("future", quiet = TRUE); cat(future::version_said())')).stdout).toBe('1.0')
  })

  test('an older version from the archive', async () => {
    const code = `install.packages("${server.address}/cran/src/contrib/Archive/beta/beta_1.0.tar.gz", repos = NULL, quiet = TRUE); cat(beta::version_said())`
    expect((await r(code)).stdout).toBe('1.0')
  })

  test('nothing that the room lacks, and says so', async () => {
    const result = await r('install.packages("tidyverse", quiet = TRUE)')
    expect(result.stderr).toMatch(/package .tidyverse. is not available/)
  })
})

describe('R lists', () => {
  test('packages of the source, without those of other systems', async () => {
    const { lines } = await r('a <- available.packages(); cat(paste(a[, "Package"], a[, "Version"]), sep = "\\n")')
    expect(lines).toEqual(['alpha 1.0', 'beta 1.10', 'future 1.0', 'needy 1.0'])
    expect(server.requests.map(({ path, status }) => [path, status])).toEqual([
      ['/cran/src/contrib/PACKAGES.rds', 404],
      ['/cran/src/contrib/PACKAGES.gz', 200]
    ])
  })

  test.each([
    ['win.binary', 'alpha_1.2.zip'],
    ['mac.binary.big-sur-arm64', 'alpha_1.2.tgz']
  ])('and downloads packages of the type %s', async (type, name) => {
    const url = `contrib.url(getOption("repos"), "${type}")`
    const code = `a <- available.packages(${url}, filters = list()); cat(paste(a[, "Package"], a[, "Version"]), sep = "\\n")
d <- download.packages("alpha", "${library}", available = a, contriburl = ${url}, type = "${type}", quiet = TRUE); cat("\\n", basename(d[, 2]), sep = "")`
    expect((await r(code)).lines).toEqual(['alpha 1.2', name])
  })

  test('nothing of a type that the room has not at all, which is remembered once', async () => {
    const result = await r(
      'a <- available.packages(contrib.url(getOption("repos"), "mac.binary.big-sur-x86_64")); cat(nrow(a))'
    )
    expect(result.stdout).toBe('0')
    expect(server.wants).toEqual([
      {
        collection: 'cran',
        name: 'R packages',
        target: expect.stringMatching(/^R 4\.[0-9]+, macOS \(big-sur-x86_64\)$/),
        client: { runs: 'R', version: expect.stringMatching(/^4\.[0-9]+$/), system: 'macOS', cpu: 'x86_64' }
      }
    ])
  })
})

describe('R that was set up for the room', () => {
  /** @param own what the profile held before; another repository stands for being away from the room */
  const setUp = (own: string, code: string): Promise<ToolResult> => {
    const profile = join(folder, 'profile.R')
    writeFileSync(profile, `${own}\n${rProfileBlock(server.address)}`)
    return run(rscript, ['-e', code], { R_LIBS_USER: library, R_PROFILE_USER: profile }, folder)
  }
  const told = (): (string | undefined)[] => server.wants.map(({ name, target }) => `${name}: ${target}`)

  test('tells it which packages were missing, each once, and none that R has', async () => {
    const code = `for (i in 1:2) install.packages(c("tidyverse", "stats", "needy", "../x", "a b"), lib = "${library}", quiet = TRUE)
try(download.packages("ggplot2", "${library}", type = "win.binary", quiet = TRUE))`
    const result = await setUp('', code)
    expect(result.stderr).toMatch(/package.* .tidyverse., .*not available/)
    expect(told()).toEqual([
      'tidyverse: R, source',
      'absent: R, source',
      expect.stringMatching(/^ggplot2: R 4\.\d+, Windows$/)
    ])
    expect(
      server.requests.filter(({ status }) => status === 404).every(({ path }) => /PACKAGES|_0\.0\./.test(path))
    ).toBe(true)
  })

  test('filters as it did before, says nothing to a room that is gone, and nothing where other repositories are asked', async () => {
    const code = `cat(rownames(available.packages()), "")
install.packages("nowhere", repos = "${server.address}/other", lib = "${library}", quiet = TRUE)
here <- utils::contrib.url("http://127.0.0.1:9/cran")
a <- available.packages(here)
cat(nrow(a))`
    const result = await setUp('options(available_packages_filters = c("OS_type", "duplicates"))', code)
    expect(result.stdout).toBe('alpha beta future needy 0')
    expect((await setUp('', 'cat(available.packages()[, "Version"])')).stdout).toBe('1.0 1.10 1.0 1.0')
    expect(told()).toEqual([])
  })
})

test('versions are ordered as R orders them', async () => {
  const { compareRVersions } = await import('../../node/mirrors/cran/r-version.ts')
  const versions = ['1.0', '1.0.0', '1.0-0', '1.2-3', '1.2.3', '1.10', '1.9', '2024.1', '0.0.0.9000', '1.0-10', '3']
  const code = `v <- c(${versions.map((version) => `"${version}"`).join(', ')})
cat(sapply(v, function(a) sapply(v, function(b) compareVersion(a, b))))`
  const ours = versions.flatMap((a) => versions.map((b) => Math.sign(compareRVersions(a, b))))
  expect((await r(code)).stdout.split(' ').map(Number)).toEqual(ours)
})
