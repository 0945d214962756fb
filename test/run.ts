/**
 * The whole test command: `npm test` and `.ci/run` come here.
 *
 *   node test/run.ts          everything, under 15 minutes on two cores
 *   node test/run.ts --long   the same with many more seeds, cycles and kills
 *
 * Tools first, then format and lint, types, dead code, the build, tests that may run side by side, tests with real processes, a few files at a time, and
 * tests that need the machine for themselves one at a time. Nothing is skipped: a missing tool, a skipped test and something left behind are failures.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { findLeftovers, lookAround, processesOf, RUN_MARK } from './kit/leftovers.ts'
import { missingTools } from './kit/required-tools.ts'

const TOP = join(import.meta.dirname, '..')
const OLDEST_NODE = [22, 12] as const
/** Three on two cores: many wait more than they work. */
const WORKERS = '--maxWorkers=3'
/** Tests with processes and browsers wait more than they work. */
const WORKERS_THAT_WAIT = '--maxWorkers=4'
/** Real processes, networks, mounts and browsers: each on folders, ports and namespaces of its own. */
const WITH_PROCESSES = ['test/integration', 'test/faults', 'test/browser']
/** What says something about time, about what a narrow line carries, or about the whole machine: alone on it. */
const ALONE = [
  'browser/room-sixty',
  'faults/full-disk',
  'integration/cloud-uplink',
  'integration/http-limits',
  'integration/lessons',
  'integration/main-job',
  'integration/spreading',
  'integration/three-devices'
].map((name) => `test/${name}.test.ts`)
/** Everything else that is set on this machine (proxies, locales, settings of git, pip, npm and Node) is kept from the tests. */
const KEPT_VARIABLES = ['PATH', 'TERM', 'CI', 'NO_COLOR', 'FORCE_COLOR', 'SEED']

interface Stage {
  name: string
  command: string[]
  /** Where vitest writes what it ran. */
  report?: string
}

interface Outcome {
  name: string
  passed: boolean
  seconds: number
  detail: string
  /** How many tests passed and did not. */
  counts?: { passed: number; failed: number }
}

const long = process.argv.includes('--long')
const unknown = process.argv.slice(2).filter((argument) => argument !== '--long')
if (unknown.length > 0)
  stop(`I do not know ${unknown.join(' ')}. To run some tests only: npx vitest run test/unit/journal`)
checkNode()
checkTools()

const outputFolder = join(TOP, 'test-output')
const temporaryFolder = mkdtempSync(join(tmpdir(), 'joinery-test-'))
/** Empty: what people have set for their git, pip, R, curl and npm is not the tests' business. */
const homeFolder = mkdtempSync(join(tmpdir(), 'joinery-home-'))
const run = temporaryFolder.slice(-6)
const before = lookAround()
mkdirSync(outputFolder, { recursive: true })
process.umask(0o022)
const environment = {
  ...Object.fromEntries(KEPT_VARIABLES.map((name) => [name, process.env[name]])),
  [RUN_MARK]: run,
  TMPDIR: temporaryFolder,
  HOME: homeFolder,
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  ...(long ? { JOINERY_LONG: '1' } : {})
}

const outcomes: Outcome[] = []
for (const stage of stages()) outcomes.push(await runStage(stage))
outcomes.push(tidyUp())
summarize(outcomes)

function stages(): Stage[] {
  const tests = (name: string, more: string[]): Stage => {
    const report = join(outputFolder, `${name}.json`)
    rmSync(report, { force: true })
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    return { name, report, command: ['vitest', 'run', '--allowOnly=false', ...reporters, ...more] }
  }
  return [
    { name: 'format-and-lint', command: ['biome', 'check', '.', '--error-on-warnings'] },
    { name: 'types', command: ['tsc', '--noEmit'] },
    { name: 'dead-code', command: ['knip'] },
    // The program as devices have it: devices and commands start in half the time. Also the pages that the browser tests look at.
    { name: 'build', command: [process.execPath, 'node/bin/build.ts'] },
    tests('side-by-side', [WORKERS, ...WITH_PROCESSES.flatMap((folder) => ['--exclude', `${folder}/**`])]),
    tests('with-processes', [WORKERS_THAT_WAIT, ...WITH_PROCESSES, ...ALONE.flatMap((file) => ['--exclude', file])]),
    tests('one-at-a-time', ['--no-file-parallelism', ...ALONE])
  ]
}

async function runStage(stage: Stage): Promise<Outcome> {
  const [program = '', ...more] = stage.command
  console.log(`\n── ${stage.name}: ${stage.command.slice(0, 3).join(' ')} ──`)
  const started = performance.now()
  const code = await new Promise<number>((done) => {
    const child = spawn(resolve(TOP, 'node_modules/.bin', program), more, {
      cwd: TOP,
      env: environment,
      stdio: 'inherit'
    })
    child.on('error', (error) => {
      console.error(error.message)
      done(1)
    })
    child.on('exit', (exit, signal) => done(exit ?? (signal ? 1 : 0)))
  })
  const seconds = (performance.now() - started) / 1000
  if (stage.report && existsSync(stage.report)) return { name: stage.name, seconds, ...readReport(stage.report, code) }
  return { name: stage.name, seconds, passed: code === 0, detail: code === 0 ? '' : `exit ${code}` }
}

/** vitest calls a run with skipped tests a success; we do not. */
function readReport(path: string, code: number): Omit<Outcome, 'name' | 'seconds'> {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>
  const { numTotalTests = 0, numPassedTests = 0, numPendingTests = 0, numTodoTests = 0 } = report
  const skipped = numPendingTests + numTodoTests
  const counts = { passed: numPassedTests, failed: numTotalTests - numPassedTests }
  const parts = [`${numPassedTests} of ${numTotalTests} tests passed`]
  if (skipped > 0) parts.push(`${skipped} skipped, which is a failure`)
  if (code !== 0) parts.push(`exit ${code}`)
  return { passed: code === 0 && counts.failed === 0 && numTotalTests > 0, detail: parts.join(', '), counts }
}

function tidyUp(): Outcome {
  const started = performance.now()
  const left = findLeftovers(before, run, temporaryFolder)
  for (const { pid } of processesOf(run)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it ended by itself
    }
  }
  const mountsInside = left.some((one) => one.startsWith(`mount ${temporaryFolder}`))
  if (!mountsInside) rmSync(temporaryFolder, { recursive: true, force: true })
  rmSync(homeFolder, { recursive: true, force: true })
  for (const one of left) console.error(`left behind: ${one}`)
  const detail = left.length === 0 ? '' : `${left.length} things left behind`
  return {
    name: 'nothing-left-behind',
    passed: left.length === 0,
    seconds: (performance.now() - started) / 1000,
    detail
  }
}

function summarize(all: Outcome[]): void {
  console.log('')
  for (const { name, passed, seconds, detail } of all) {
    console.log(`${passed ? 'passed' : 'FAILED'}  ${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s  ${detail}`)
  }
  const total = all.reduce((sum, { seconds }) => sum + seconds, 0)
  const failed = all.filter(({ passed }) => !passed).length
  console.log(`${failed === 0 ? 'Every stage passed' : `${failed} stages FAILED`}, ${(total / 60).toFixed(1)} minutes`)
  const tests = { passed: 0, failed: 0 }
  for (const { counts } of all) {
    tests.passed += counts?.passed ?? 0
    tests.failed += counts?.failed ?? 0
  }
  console.log(`${tests.passed} passed, ${tests.failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}

function checkNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
    stop(
      `This is Node ${process.versions.node}; ${OLDEST_NODE.join('.')} or newer is needed. ` +
        '`npm install` brings one on Linux (x86-64, 64-bit ARM) and `npm test` uses it.'
    )
  }
  if (!existsSync(join(TOP, 'node_modules/.bin/vitest'))) stop('First run: npm install')
}

function checkTools(): void {
  if (process.platform !== 'linux')
    stop('The suite runs on Linux only: it builds networks and file systems of its own.')
  const root = process.getuid?.() === 0
  let missing = missingTools()
  if (missing.length > 0 && root && existsSync('/usr/bin/apt-get')) {
    const packages = [...new Set(missing.map((tool) => tool.debianPackage))]
    console.log(`Installing what the tests need: ${packages.join(' ')}`)
    const options = { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const
    spawnSync('apt-get', ['update', '-q'], options)
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], options)
    missing = missingTools()
  }
  if (missing.length > 0) {
    for (const { what, debianPackage, because } of missing) {
      const name =
        'program' in what ? what.program : 'module' in what ? what.module : join(what.folder, what.startsWith)
      console.error(`missing: ${name} (Debian package ${debianPackage}), needed for ${because}`)
    }
    const packages = [...new Set(missing.map((tool) => tool.debianPackage))]
    stop(`Nothing was tested. Install them: sudo apt-get install --no-install-recommends ${packages.join(' ')}`)
  }
  if (!root) {
    stop(
      'Nothing was tested. The suite builds networks and mounts of its own and must be root: sudo env "PATH=$PATH" npm test'
    )
  }
}

function stop(sentence: string): never {
  console.error(sentence)
  process.exit(1)
}
