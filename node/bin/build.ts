/** `npm run build`: the program as a few files in dist/, for images and for a faster start. The launcher takes it while no source is newer. */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { PROGRAM_VERSION } from '../config/version.ts'
import { startProgram } from '../platform/child-program.ts'
import { asciiText, plainHttp } from './slim-output.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const fresh = join(root, 'dist.new')
/** Packages that the joined program still needs beside it: LevelDB and the quick ciphers of SSH are native modules that look for their binaries beside themselves. */
const BESIDE = ['classic-level', 'ssh2']

try {
  await rm(fresh, { recursive: true, force: true })
  await buildPages()
  await joinProgram()
  await mkdir(join(fresh, 'web-client'), { recursive: true })
  await cp(join(root, 'dist-web'), join(fresh, 'dist-web'), { recursive: true })
  await cp(join(root, 'web-client', 'assets'), join(fresh, 'web-client', 'assets'), { recursive: true })
  await writeJson('package.json', { version: PROGRAM_VERSION, type: 'module' })
  await writeJson('built.json', { version: PROGRAM_VERSION, packages: BESIDE })
  // Whole or not at all: a build that fails leaves the old one.
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await rename(fresh, join(root, 'dist'))
  console.log('Compiled into dist/.')
} finally {
  await rm(fresh, { recursive: true, force: true })
}

/**
 * One file for what every command needs, one for the running node, and small ones for what is loaded later. A thousand modules, their comments and
 * what nobody calls stay out of the memory of a device for as long as it runs: measured, 17 MB of 120, and half the processor time of a start.
 * Names stay as they are written, so that what an error says can be found in the sources.
 */
async function joinProgram(): Promise<void> {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    ssr: { noExternal: true, external: BESIDE },
    plugins: [plainHttp(), asciiText()],
    build: {
      ssr: true,
      outDir: fresh,
      emptyOutDir: true,
      // What is joined into the program is not beside it any more, and its licences ask to be told.
      license: { fileName: 'licences.md' },
      target: 'node22.12',
      rollupOptions: {
        input: { main: join(root, 'node', 'main.ts') },
        output: {
          // All in one folder: where the program lies is told from the place of main.js and daemon.js, as from that of their sources.
          entryFileNames: 'node/[name].js',
          chunkFileNames: 'node/[name].js',
          minify: {
            compress: { keepNames: { function: true, class: true } },
            mangle: false,
            codegen: { removeWhitespace: true }
          }
        }
      }
    }
  })
}

async function buildPages(): Promise<void> {
  const script = join(root, 'web-client', 'notes', 'build.ts')
  const child = startProgram(process.execPath, [script], { environment: process.env, workingDirectory: root })
  child.onLine((line) => console.error(line))
  const code = await child.ended
  if (code !== 0) throw new Error(`the pages of the notes were not built (exit code ${code})`)
}

async function writeJson(name: string, value: unknown): Promise<void> {
  await writeFile(join(fresh, name), `${JSON.stringify(value)}\n`)
}
