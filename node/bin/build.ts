/** `npm run build`: compiles the program into dist/, for images and for a faster start. The launcher takes it while no source is newer. */
import { cp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROGRAM_VERSION } from '../config/version.ts'
import { startProgram } from '../platform/child-program.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const fresh = join(root, 'dist.new')

await rm(fresh, { recursive: true, force: true })
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const words = [compiler, '-p', join(root, 'node', 'bin', 'tsconfig.json'), '--outDir', fresh]
const code = (await run(words)) || (await run([join(root, 'web-client', 'notes', 'build.ts')]))
if (code === 0) {
  await cp(join(root, 'dist-web'), join(fresh, 'dist-web'), { recursive: true })
  await cp(join(root, 'web-client', 'assets'), join(fresh, 'web-client', 'assets'), { recursive: true })
  await writeFile(join(fresh, 'built.json'), `${JSON.stringify({ version: PROGRAM_VERSION })}\n`)
  // Whole or not at all: a build that fails leaves the old one.
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await rename(fresh, join(root, 'dist'))
  console.log('Compiled into dist/.')
} else {
  await rm(fresh, { recursive: true, force: true })
  process.exitCode = code
}

async function run(command: readonly string[]): Promise<number> {
  const child = startProgram(process.execPath, command, { environment: process.env, workingDirectory: root })
  child.onLine((line) => console.error(line))
  return await child.ended
}
