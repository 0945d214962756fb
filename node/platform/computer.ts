import { homedir, hostname, tmpdir } from 'node:os'

/** What this computer is called, such as `pi-2`. */
export function hostName(): string {
  return hostname()
}

/** Of the user who runs this. */
export function homeDirectory(): string {
  return homedir()
}

/** Where files that nobody misses may lie. */
export function temporaryDirectory(): string {
  return tmpdir()
}
