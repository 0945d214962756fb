import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const CARRIED = join(PROJECT, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node')

let root: string
let launcher: string
let child: ChildProcess | undefined

/** A program folder with the real launcher and a main program that tells how it was started. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joinery-launcher-'))
  for (const folder of ['node/bin', 'protocols', 'web-client', 'node_modules'])
    await mkdir(join(root, folder), { recursive: true })
  launcher = join(root, 'node/bin/joinery.js')
  await copyFile(join(PROJECT, 'node/bin/joinery.js'), launcher)
  await writeFile(join(root, 'package.json'), '{"type":"module"}')
  await writeFile(join(root, 'node/main.ts'), TELL.replace('WHICH', 'source'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  child = undefined
  await rm(root, { recursive: true })
})

const TELL = `
const told: object = { which: 'WHICH', node: process.execPath, flags: process.execArgv, words: process.argv.slice(2), pid: process.pid, cache: process.env.NODE_COMPILE_CACHE }
const waits = process.argv.includes('--wait')
const timer = waits ? setInterval(() => undefined, 1000) : undefined
process.on('SIGTERM', () => { console.log('stopping'); clearInterval(timer); process.exit(7) })
process.on('disconnect', () => { process.exit(8) })
process.channel?.unref()
if (process.argv.includes('--fail')) process.exitCode = 4
console.log(JSON.stringify(told))
`

async function carry(): Promise<void> {
  await symlink(dirname(dirname(CARRIED)), join(root, 'node_modules', `node-${process.platform}-${process.arch}`))
}

interface Told {
  which: string
  node: string
  flags: string[]
  words: string[]
  pid: number
  cache: string
}

/** Runs the launcher on this Node, made to believe that it is another version and, with `old`, without `process.execve`. */
function launch(
  words: string[],
  believe: { version?: string; old?: boolean } = {}
): ReturnType<typeof spawnSync> & { told?: Told } {
  const ran = spawnSync(process.execPath, [...pretend(believe), launcher, ...words], { encoding: 'utf8' })
  return { ...ran, ...(ran.stdout !== '' && { told: JSON.parse(ran.stdout) as Told }) }
}

function pretend({ version, old }: { version?: string; old?: boolean }): string[] {
  const lines = []
  if (version !== undefined) lines.push(`Object.defineProperty(process, 'version', { value: '${version}' })`)
  if (old) lines.push('process.execve = undefined')
  return lines.length === 0 ? [] : ['--import', `data:text/javascript,${encodeURIComponent(lines.join('\n'))}`]
}

describe('the launcher', () => {
  it.each([true, false])('takes the carried Node, whatever runs it (without execve: %s)', async (old) => {
    await carry()
    const { told, status } = launch(['status', '--json'], { old, version: 'v12.22.0' })
    expect(status).toBe(0)
    expect(told).toMatchObject({ which: 'source', words: ['status', '--json'] })
    expect(told?.node).toContain('node')
  })

  it.each(['v12.22.12', 'v20.19.0', 'v22.11.0'])('says what is missing on %s without a carried Node', (version) => {
    const { status, stdout, stderr } = launch(['status'], { version })
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/needs Node\.js 22\.12 or newer, and this is v\d/)
    expect(stderr).toMatch(process.platform === 'linux' ? /npm install/ : /nodejs\.org/)
  })

  it('tells a Node before 22.18 to run TypeScript', () => {
    expect(launch(['status'], { version: 'v22.12.0', old: true }).told?.flags).toContain('--experimental-strip-types')
    expect(launch(['status'], { version: 'v22.18.0', old: true }).told?.flags).not.toContain(
      '--experimental-strip-types'
    )
  })

  it('keeps the memory of a device small, and leaves short commands alone', () => {
    for (const words of [['start'], ['--data', '/x', 'start'], ['start', '--port', '0']]) {
      const flags = launch(words).told?.flags.join(' ')
      expect([words, flags]).toEqual([words, expect.stringMatching(/--max-old-space-size=\d+ --max-semi-space-size=1/)])
    }
    expect(launch(['status']).told?.flags.join(' ')).not.toContain('space-size')
    expect(launch(['invite', 'start']).told?.flags.join(' ')).not.toContain('space-size')
  })

  it.each([true, false])('ends with the exit code of the program (without execve: %s)', (old) => {
    expect(launch(['--fail'], { old }).status).toBe(4)
  })

  it('keeps what was compiled beside the program, and where somebody says otherwise, there', () => {
    expect(launch(['status']).told?.cache).toBe(join(root, 'node_modules', '.cache', 'joinery'))
    const { stdout } = spawnSync(process.execPath, [launcher], {
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: '/x' }
    })
    expect((JSON.parse(stdout) as Told).cache).toBe('/x')
  })

  it('becomes the program where Node can do that', async () => {
    child = spawn(process.execPath, [launcher, '--wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const told = await firstLine(child)
    expect(told.pid).toBe(child.pid)
  })

  it('passes SIGTERM on, and the exit code back', async () => {
    child = spawn(process.execPath, [...pretend({ old: true }), launcher, '--wait'], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const told = await firstLine(child)
    expect(told.pid).not.toBe(child.pid)
    child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    expect(code).toBe(7)
  })

  it('takes the program with it when it is killed', async () => {
    child = spawn(process.execPath, [...pretend({ old: true }), launcher, '--wait'], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const told = await firstLine(child)
    expect(told.pid).not.toBe(child.pid)
    child.kill('SIGKILL')
    // The program holds the other end of this pipe: it closes when both are gone.
    await once(child, 'close')
  })

  it('prefers what was compiled, unless a source is newer', async () => {
    await mkdir(join(root, 'dist/node'), { recursive: true })
    await writeFile(join(root, 'dist/node/main.js'), TELL.replace('WHICH', 'compiled').replace(': object', ''))
    await writeFile(join(root, 'dist/built.json'), '{}')
    const later = new Date(Date.now() + 60_000)
    await utimes(join(root, 'dist/built.json'), later, later)
    expect(launch(['status']).told?.which).toBe('compiled')
    await writeFile(join(root, 'web-client/page.ts'), '')
    const latest = new Date(Date.now() + 120_000)
    await utimes(join(root, 'web-client/page.ts'), latest, latest)
    expect(launch(['status']).told?.which).toBe('source')
    await rm(join(root, 'node/main.ts'))
    expect(launch(['status']).told?.which).toBe('compiled')
  })

  it('uses nothing that Node 12 cannot even parse', async () => {
    const text = (await readFile(launcher, 'utf8'))
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .replace(/'[^']*'|`[^`]*`/g, "''")
    expect(text).not.toMatch(/\?\.|\?\?|&&=|\|\|=|#\w|\bawait\b|\d_\d|\bimport\(|\.at\(|replaceAll/)
    expect(await readFile(launcher, 'utf8')).not.toMatch(/from 'node:/)
  })
})

function firstLine(from: ChildProcess): Promise<Told> {
  return new Promise((resolve) => {
    let text = ''
    from.stdout?.on('data', (part: Buffer) => {
      text += part.toString()
      if (text.includes('\n')) resolve(JSON.parse(text.split('\n')[0] ?? '') as Told)
    })
  })
}
