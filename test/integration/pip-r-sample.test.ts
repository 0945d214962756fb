/** The sample workshop as it ships: its packages installed by the real pip and the real R of this machine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildSample } from '../../node/demo/sample/build.ts'
import { nodeDisk } from '../../node/platform/disk.ts'
import { MemoryContent } from '../fixtures/memory-content.ts'
import { type MirrorServer, startMirrorServer } from '../fixtures/mirror-server.ts'
import { type Pip, pipsAtHand } from '../fixtures/pips.ts'
import { requireTool, run } from '../fixtures/tool.ts'

describe('the sample workshop', () => {
  const folder = mkdtempSync(join(tmpdir(), 'joinery-pip-'))
  let server: MirrorServer

  beforeAll(async () => {
    await buildSample(nodeDisk, join(folder, 'workshop'))
    const content = new MemoryContent()
    await content.addWorkshop(join(folder, 'workshop'))
    server = await startMirrorServer(content)
  })
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('gives pip a wheel that runs', async () => {
    const python = requireTool('python3', 'apt-get install python3 python3-pip')
    const target = join(folder, 'target')
    const [pip] = await pipsAtHand(folder)
    const installed = await (pip as Pip).run(
      [
        'install',
        '--no-cache-dir',
        '--index-url',
        `${server.address}/pypi/simple/`,
        '--target',
        target,
        'joinery-birds'
      ],
      folder
    )
    expect(installed.stderr + installed.stdout).toContain('Successfully installed joinery-birds-1.0.0')
    const ran = await run(python, ['-m', 'joinery_birds'], { PYTHONPATH: target }, folder)
    expect(ran.stdout).toMatch(/all\s+62/)
  })

  test('gives R a package that runs', async () => {
    const rscript = requireTool('Rscript', 'apt-get install r-base-core')
    mkdirSync(join(folder, 'lib'))
    const code = `install.packages("joinerybirds", repos = "${server.address}/cran", lib = "lib", quiet = TRUE)
cat(joinerybirds::count_birds())`
    const ran = await run(rscript, ['--vanilla', '-e', code], { R_LIBS_USER: join(folder, 'lib') }, folder)
    expect({ stdout: ran.stdout, stderr: ran.stderr }).toMatchObject({ stdout: '62' })
  })
})
