/**
 * The environment of every git that we start, whole: nothing of the system's, the user's or the repository's own configuration counts
 * where safety is at stake. Sources: git-config(1) of 2.39, facts measured for this project (durability by strace, hostile pushes).
 */
import { MAX_OBJECT_MEMORY_BYTES, MAX_PUSH_BYTES } from './limits.ts'

/** What stands in no table of git's own because older repositories are full of it; GitHub accepts both. */
const OLD_MISTAKES = ['zeroPaddedFilemode', 'badTimezone', 'missingSpaceBeforeDate']

const SETTINGS: readonly (readonly [string, string])[] = [
  // No program of a repository's is ever run.
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['protocol.allow', 'never'],
  ['safe.directory', '*'],
  // Objects are checked on the way in, also those from other devices.
  ['transfer.fsckObjects', 'true'],
  ['receive.fsckObjects', 'true'],
  ['fetch.fsckObjects', 'true'],
  ...OLD_MISTAKES.flatMap((id) => [[`receive.fsck.${id}`, 'warn'] as const, [`fetch.fsck.${id}`, 'warn'] as const]),
  ['receive.maxInputSize', String(MAX_PUSH_BYTES)],
  // One pack and its index for a push: three syncs instead of one for each object.
  ['core.fsync', 'all'],
  ['receive.unpackLimit', '1'],
  ['fetch.unpackLimit', '1'],
  // Tidying up has its own queue.
  ['receive.autogc', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  // Memory of a small board.
  ['pack.threads', '1'],
  ['pack.windowMemory', '32m'],
  ['core.bigFileThreshold', '8m'],
  ['core.packedGitLimit', '64m'],
  ['core.deltaBaseCacheLimit', '16m'],
  ['pack.deltaCacheSize', '16m'],
  ['repack.writeBitmaps', 'false'],
  // `refs/mesh` is what devices keep for one another.
  ['transfer.hideRefs', 'refs/mesh'],
  ['receive.denyDeleteCurrent', 'refuse'],
  ['receive.advertisePushOptions', 'false'],
  ['core.logAllRefUpdates', 'false'],
  ['init.defaultBranch', 'main']
]

export interface GitEnvironmentOptions {
  /** `version=2` and the like, as the client asked. */
  protocol?: string | undefined
  /** For a peer: shows what is hidden and gives any object that it names. */
  forPeer?: boolean
  /** For fetching over descriptor 3. */
  overChannel?: boolean
}

export function gitEnvironment(options: GitEnvironmentOptions = {}): Record<string, string> {
  const settings = [...SETTINGS]
  if (options.forPeer) settings.push(['uploadpack.allowAnySHA1InWant', 'true'])
  if (options.overChannel) settings.push(['protocol.fd.allow', 'always'])
  const environment: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // Refuses an object that says it unpacks to more; git streams what is longer than `core.bigFileThreshold`.
    GIT_ALLOC_LIMIT: String(MAX_OBJECT_MEMORY_BYTES),
    GIT_CONFIG_COUNT: String(settings.length)
  }
  for (const [at, [key, value]] of settings.entries()) {
    environment[`GIT_CONFIG_KEY_${at}`] = key
    environment[`GIT_CONFIG_VALUE_${at}`] = value
  }
  if (options.protocol !== undefined) environment.GIT_PROTOCOL = options.protocol
  return environment
}
