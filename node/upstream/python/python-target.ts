/** The Python, system and CPU that something is fetched for: what a laptop said of itself, and what is believed where it said nothing. */
import type { MarkerEnvironment } from './marker.ts'

export type PythonSystem = 'Windows' | 'macOS' | 'Linux'

export interface PythonTarget {
  /** `3.11` */
  version: readonly [major: number, minor: number]
  /** Absent: unknown, or another one; only what runs everywhere fits. */
  system?: PythonSystem
  /** As the program wrote it: `x86_64`, `AMD64`, `arm64`, `aarch64`. */
  cpu?: string
  /** Of Linux. */
  libc?: { kind: 'glibc' | 'musl'; major: number; minor: number }
}

/** A laptop tells no patch of its Python: a late one, since what needs a fixed one asks for more and not for less. */
const PATCH = 99

export function markerEnvironment({ version: [major, minor], system, cpu = '' }: PythonTarget): MarkerEnvironment {
  const isWindows = system === 'Windows'
  const full = `${major}.${minor}.${PATCH}`
  return {
    os_name: isWindows ? 'nt' : 'posix',
    sys_platform: isWindows ? 'win32' : system === 'macOS' ? 'darwin' : 'linux',
    platform_machine: cpu,
    platform_python_implementation: 'CPython',
    platform_release: '',
    platform_system: system === 'macOS' ? 'Darwin' : (system ?? 'Linux'),
    platform_version: '',
    python_version: `${major}.${minor}`,
    python_full_version: full,
    implementation_name: 'cpython',
    implementation_version: full,
    extra: ''
  }
}

/** For `requires-python`. */
export function fullVersion({ version: [major, minor] }: PythonTarget): string {
  return `${major}.${minor}.${PATCH}`
}

/** Two laptops that take the same files. */
export function targetKey({ version, system, cpu, libc }: PythonTarget): string {
  return JSON.stringify([version, system, cpu, libc])
}
