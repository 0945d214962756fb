import { isAbsolute, join, resolve } from 'node:path'

/** Where the installed service keeps its data. */
const SERVICE_DATA_DIRECTORY = '/var/lib/joinery'

export interface DataDirectorySources {
  /** `--data DIR` */
  flag?: string
  environment: Readonly<Record<string, string | undefined>>
  homeDirectory: string
  /** Whether this user may work in the service's folder; so `joinery status` finds the service of the same user. */
  mayUse(path: string): Promise<boolean>
}

/**
 * Which data folder, and so which node, a command means: `--data`, `JOINERY_DATA`, systemd's `STATE_DIRECTORY`, the service's folder where it
 * exists and is ours, and else a folder of this user (XDG base directories).
 */
export async function chooseDataDirectory(sources: DataDirectorySources): Promise<string> {
  const { flag, environment, homeDirectory } = sources
  const named = flag ?? environment.JOINERY_DATA ?? environment.STATE_DIRECTORY?.split(':')[0]
  if (named) return resolve(named)
  if (await sources.mayUse(SERVICE_DATA_DIRECTORY)) return SERVICE_DATA_DIRECTORY
  const xdg = environment.XDG_DATA_HOME
  return join(xdg && isAbsolute(xdg) ? xdg : join(homeDirectory, '.local/share'), 'joinery')
}
