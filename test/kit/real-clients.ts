/** The programs that learners use, as they come: nothing of ours in them, and no network but the one that a test gives them. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { PATIENCE_MS, type RunOptions, type RunResult, run, runAnyway } from './child.ts'
import type { Device } from './network-lab.ts'
import { launchPatiently } from './patient-browser.ts'
import { findProgram } from './required-tools.ts'

/** Where the client runs: in a device of the lab, or on this machine. */
type Where = Device | undefined

function at(where: Where, command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(where ? where.inside(command) : command, options)
}

/** A virtual environment of Debian's Python with stock pip, and no configuration of this machine. */
export class RealPip {
  readonly #folder: string
  readonly #where: Where

  private constructor(folder: string, where: Where) {
    this.#folder = folder
    this.#where = where
  }

  static async make(folder: string, where?: Device): Promise<RealPip> {
    await run(['/usr/bin/python3', '-m', 'venv', folder])
    return new RealPip(folder, where)
  }

  /** For commands that may fail. */
  get program(): string {
    return join(this.#folder, 'bin/pip')
  }

  /** `pip install …` with whatever options a learner would type. */
  install(words: readonly string[]): Promise<RunResult> {
    return at(this.#where, [this.program, 'install', '--disable-pip-version-check', ...words], {
      env: { ...withoutPipSettings(), PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1', HOME: this.#folder }
    })
  }

  async python(code: string): Promise<string> {
    return (await run([join(this.#folder, 'bin/python'), '-c', code])).stdout.trim()
  }
}

/** This machine may tell pip about other sources of packages; a learner's does not. */
export function withoutPipSettings(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => name.startsWith('PIP_'))
  return Object.fromEntries(names.map((name) => [name, undefined]))
}

/** R with a library of its own. */
export class RealR {
  readonly #library: string
  readonly #where: Where

  constructor(library: string, where?: Device) {
    mkdirSync(library, { recursive: true })
    this.#library = library
    this.#where = where
  }

  async code(lines: string): Promise<string> {
    const { stdout } = await at(this.#where, ['Rscript', '--vanilla', '-e', lines], {
      env: { R_LIBS_USER: this.#library, R_LIBS: this.#library }
    })
    return stdout.trim()
  }

  install(packages: readonly string[], repository: string): Promise<string> {
    const names = packages.map((name) => `"${name}"`).join(', ')
    return this.code(`install.packages(c(${names}), repos = "${repository}", lib = "${this.#library}")`)
  }
}

/** `curl WORDS`, with bytes on stdout thrown away by the caller's `-o`. */
export function curl(where: Where, words: readonly string[]): Promise<RunResult> {
  return at(where, ['curl', '--silent', '--show-error', '--fail', '--max-time', String(PATIENCE_MS / 1000), ...words])
}

/**
 * A headless Chromium of Debian. Inside a device of the lab it sees that device's networks only.
 *
 * @param folder for its profile and for the small program that enters the network
 */
export async function openBrowser(folder: string, where?: Device): Promise<Browser> {
  const program = findProgram('chromium')
  if (!program) throw new Error('chromium is not installed')
  const entry = join(folder, 'chromium-here')
  mkdirSync(folder, { recursive: true })
  const command = where ? where.inside([program]) : [program]
  writeFileSync(entry, `#!/bin/sh\nexec ${command.map((word) => `'${word}'`).join(' ')} "$@"\n`)
  chmodSync(entry, 0o755)
  return await launchPatiently({
    executablePath: entry,
    // As root Chromium refuses its sandbox; the pages are ours. It must not look for the internet in the background.
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--disable-gpu'
    ],
    env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder }
  })
}

/** True when nothing outside can be reached from there: what a hall without internet is. */
export async function isOffline(where: Device): Promise<boolean> {
  const { stdout } = await where.run(['ip', 'route', 'show', 'default'])
  const tried = await runAnyway(where.inside(['curl', '--silent', '--max-time', '2', 'http://192.0.2.1/']))
  return stdout.trim() === '' && tried.code !== 0
}
