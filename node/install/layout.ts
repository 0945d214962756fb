/**
 * Where an installed device keeps what. Nothing else on the computer is touched.
 *
 *     /opt/joinery/<version>/    one version of the program, whole: its packages and its Node
 *     /opt/joinery/current       link to the version that runs
 *     /opt/joinery/trial         there while a version has not come up yet; names the one to go back to
 *     /var/lib/joinery           the data folder (or `--data DIR`)
 */
import { join } from 'node:path'

export const SERVICE = 'joinery'
/** A fixed one: with DynamicUser= systemd turns the data folder into a link, which breaks a disk that is mounted there. */
export const SERVICE_USER = 'joinery'
export const STANDARD_DATA_DIRECTORY = '/var/lib/joinery'

export const PROGRAM_DIRECTORY = '/opt/joinery'
export const CURRENT = join(PROGRAM_DIRECTORY, 'current')
export const TRIAL = join(PROGRAM_DIRECTORY, 'trial')
export const TRIAL_SCRIPT = join(PROGRAM_DIRECTORY, 'trial.sh')
export const BOOT_DRIVE_SCRIPT = join(PROGRAM_DIRECTORY, 'boot-drive.sh')
/** What later runs of the installer have to know. */
export const RECORD = join(PROGRAM_DIRECTORY, 'installed.json')
export const UNIT = `/etc/systemd/system/${SERVICE}.service`
export const ENABLED = `/etc/systemd/system/multi-user.target.wants/${SERVICE}.service`
export const ACCOUNT = `/etc/sysusers.d/${SERVICE}.conf`
export const COMMAND = '/usr/local/bin/joinery'

/** Below the folder of a version, the same whether it came from a checkout, a tarball or npm. */
export const LAUNCHER = 'node_modules/joinery/node/bin/joinery.js'

export function nodeBinary(architecture: string): string {
  return `node_modules/node-linux-${architecture}/bin/node`
}

/** A version while it is copied: never started, and removed by the next run. */
export const INCOMING = '.incoming-'

export function versionDirectory(version: string): string {
  return join(PROGRAM_DIRECTORY, version)
}
