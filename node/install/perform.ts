/** Does the steps of a plan, one after the other. Every step may be done again, and a power cut between or within two leaves a version that works. */
import { join } from 'node:path'
import { JoineryError } from '../../protocols/errors.ts'
import { type Clock, sleep } from '../platform/clock.ts'
import type { SystemFiles } from '../platform/system-files.ts'
import './errors.ts'
import { CURRENT, INCOMING, LAUNCHER, nodeBinary, SERVICE_USER, TRIAL, versionDirectory } from './layout.ts'
import { accountIn } from './machine.ts'
import type { Plan, Step } from './plan.ts'
import type { CopiedFolder } from './program-files.ts'
import { TRIAL_SECONDS, TRIAL_STARTS } from './service-unit.ts'

export interface PerformComponents {
  files: SystemFiles
  clock: Clock
  /** Runs a program of the system to its end. */
  run(command: string, words: readonly string[]): Promise<{ code: number; output: string }>
  /** Puts one setting into the config.toml of a data folder; returns that file. */
  writeSetting(dataDirectory: string, name: string, value: string): Promise<string>
}

export interface PerformInit {
  root: string
  architecture: string
  folders: readonly CopiedFolder[]
  signal: AbortSignal
  onStep(step: Step): void
  /** What the program itself said, such as the code of the room's facilitator: shown this once. */
  onAnswer(text: string): void
}

const HEALTH_EVERY_MS = 1_000
/** All tries of a new version and one of the version before it. */
const HEALTH_LIMIT_MS = (TRIAL_STARTS + 1) * (TRIAL_SECONDS + 5) * 1_000

/** @throws JoineryError `INSTALL_STEP_FAILED`, `INSTALL_NO_SPACE`, `NOT_HEALTHY` or `INSTALL_ROLLED_BACK`; `CANCELLED` is the signal's reason */
export async function perform(plan: Plan, components: PerformComponents, init: PerformInit): Promise<void> {
  for (const step of plan.steps) {
    init.signal.throwIfAborted()
    init.onStep(step)
    try {
      await performStep(step, components, init)
    } catch (cause) {
      if (cause instanceof JoineryError || init.signal.aborted) throw cause
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC')
        throw new JoineryError('INSTALL_NO_SPACE', 'the disk is full', { cause })
      throw new JoineryError('INSTALL_STEP_FAILED', `${step.do}: ${cause instanceof Error ? cause.message : cause}`, {
        cause
      })
    }
  }
}

async function performStep(step: Step, components: PerformComponents, init: PerformInit): Promise<void> {
  const { files } = components
  const at = (path: string): string => join(init.root, path)
  const must = async (command: string, words: readonly string[]): Promise<void> => {
    const { code, output } = await components.run(command, words)
    if (code !== 0)
      throw new JoineryError('INSTALL_STEP_FAILED', `${command} ${words[0] ?? ''} failed: ${output.trim()}`)
  }
  switch (step.do) {
    case 'account':
      return await must(
        'systemd-sysusers',
        init.root === '/' ? [`${SERVICE_USER}.conf`] : [`--root=${init.root}`, `${SERVICE_USER}.conf`]
      )
    case 'copy-program': {
      const whole = at(versionDirectory(step.to))
      const incoming = at(versionDirectory(`${INCOMING}${step.to}`))
      for (const { from, to } of init.folders) {
        init.signal.throwIfAborted()
        await files.copy(from, join(incoming, to))
      }
      await must('chown', ['-R', '-h', '0:0', incoming])
      await must('chmod', ['-R', 'u+rwX,go+rX,go-w', incoming])
      // All of it is on the medium before it has the name of a whole version.
      await must('sync', ['-f', incoming])
      return await files.rename(incoming, whole)
    }
    case 'data-folder':
      return await files.makeFolder(at(step.path), await account(components, init), 0o700)
    case 'setting': {
      const file = await components.writeSetting(at(step.dataDirectory), step.name, step.value)
      return await files.setOwner(file, await account(components, init))
    }
    case 'write':
      return await files.write(at(step.path), step.text, step.mode)
    case 'link':
      return await files.link(at(step.path), step.target)
    case 'remove':
      return await files.remove(at(step.path))
    case 'systemctl': {
      if (!step.mayFail) return await must('systemctl', step.words)
      await components.run('systemctl', step.words)
      return
    }
    case 'healthy':
      return await waitUntilHealthy(step, components, init)
    case 'joinery': {
      const { code, output } = await joinery(step.words, step.dataDirectory, components, init)
      if (code !== 0) throw new JoineryError('INSTALL_STEP_FAILED', output.trim())
      init.onAnswer(output.trim())
      return
    }
    case 'forget-account': {
      if (init.root !== '/') return
      await components.run('userdel', [SERVICE_USER])
      return
    }
  }
}

async function account({ files }: PerformComponents, { root }: PerformInit): Promise<{ user: number; group: number }> {
  const found = accountIn((await files.readText(join(root, '/etc/passwd'))) ?? '')
  if (!found) throw new JoineryError('INSTALL_STEP_FAILED', `the account ${SERVICE_USER} was not made`)
  return found
}

/** Runs a command of the installed program as the service's account. */
async function joinery(
  words: readonly string[],
  dataDirectory: string,
  components: PerformComponents,
  init: PerformInit
): Promise<{ code: number; output: string }> {
  const { user, group } = await account(components, init)
  const program = join(init.root, CURRENT)
  return await components.run('setpriv', [
    `--reuid=${user}`,
    `--regid=${group}`,
    '--clear-groups',
    '--',
    join(program, nodeBinary(init.architecture)),
    join(program, LAUNCHER),
    ...words,
    '--data',
    join(init.root, dataDirectory)
  ])
}

async function waitUntilHealthy(
  { version, dataDirectory }: { version: string; dataDirectory: string },
  components: PerformComponents,
  init: PerformInit
): Promise<void> {
  const { files, clock } = components
  const endMs = clock.monotonicMs() + HEALTH_LIMIT_MS
  for (;;) {
    const runs = (await files.readLink(join(init.root, CURRENT))) ?? ''
    if (runs !== version)
      throw new JoineryError('INSTALL_ROLLED_BACK', `${version} did not come up; ${runs} was taken again`)
    if (
      (await files.readText(join(init.root, TRIAL))) === undefined &&
      (await answers(dataDirectory, components, init))
    )
      return
    if (clock.monotonicMs() > endMs) throw new JoineryError('NOT_HEALTHY', 'the service does not come up')
    await sleep(clock, HEALTH_EVERY_MS, init.signal)
  }
}

/** 4: it runs and has something to tell. */
async function answers(dataDirectory: string, components: PerformComponents, init: PerformInit): Promise<boolean> {
  const { code } = await joinery(['status'], dataDirectory, components, init)
  return code === 0 || code === 4
}
