/**
 * Which wheels a Python takes, best first: PEP 425 tags of CPython in the order of `packaging.tags` (and so of pip), with PEP 600 for glibc and
 * PEP 656 for musl.
 */
import type { PythonTarget } from './python-target.ts'

/** What laptops of today have at least; where they did not say, nothing newer is believed. */
const UNKNOWN_GLIBC = { kind: 'glibc', major: 2, minor: 28 } as const
/** macOS does not say which it is: wheels up to this one are taken, those for the oldest first. */
const NEWEST_MACOS = 14
const LEGACY: ReadonlyMap<number, string> = new Map([
  [17, 'manylinux2014'],
  [12, 'manylinux2010'],
  [5, 'manylinux1']
])
/** The oldest glibc that a name exists for. */
const OLDEST_GLIBC_MINOR = 17
const OLDEST_GLIBC_MINOR_INTEL = 5

/** Each tag and its place; a lower place is better. */
export function tagPlaces(target: PythonTarget): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  for (const tag of supportedTags(target)) if (!places.has(tag)) places.set(tag, places.size)
  return places
}

/** `cp311-cp311-win_amd64`, …, `py30-none-any`. */
export function* supportedTags(target: PythonTarget): Generator<string> {
  const [major, minor] = target.version
  const interpreter = `cp${major}${minor}`
  const platforms = platformsOf(target)
  for (const abi of [interpreter, 'abi3', 'none']) {
    if (abi === 'abi3' && !hasStableAbi(target)) continue
    for (const platform of platforms) yield `${interpreter}-${abi}-${platform}`
  }
  for (let older = minor - 1; hasStableAbi(target) && older > 1; older--)
    for (const platform of platforms) yield `cp${major}${older}-abi3-${platform}`
  const pythons = [`py${major}${minor}`, `py${major}`]
  for (let older = minor - 1; older >= 0; older--) pythons.push(`py${major}${older}`)
  for (const python of pythons) for (const platform of platforms) yield `${python}-none-${platform}`
  yield `${interpreter}-none-any`
  for (const python of pythons) yield `${python}-none-any`
}

function hasStableAbi({ version: [major, minor] }: PythonTarget): boolean {
  return major === 3 && minor >= 2
}

function platformsOf(target: PythonTarget): string[] {
  const { system, cpu } = target
  if (system === undefined || cpu === undefined) return []
  if (system === 'Windows') return windowsPlatforms(cpu.toLowerCase())
  return system === 'macOS' ? macPlatforms(cpu) : linuxPlatforms(target, cpu)
}

function windowsPlatforms(cpu: string): string[] {
  if (cpu === 'amd64' || cpu === 'x86_64') return ['win_amd64']
  if (cpu === 'arm64' || cpu === 'aarch64') return ['win_arm64']
  return cpu === 'x86' || cpu === 'i386' || cpu === 'i686' ? ['win32'] : []
}

/** Oldest first: the wheel that the most laptops can use. */
function macPlatforms(cpu: string): string[] {
  const platforms: string[] = []
  const add = (version: string, formats: readonly string[]): void => {
    for (const format of formats) platforms.push(`macosx_${version}_${format}`)
  }
  const intel = ['x86_64', 'intel', 'fat64', 'fat32', 'universal2', 'universal']
  if (cpu === 'x86_64') for (let minor = 4; minor <= 16; minor++) add(`10_${minor}`, intel)
  if (cpu === 'arm64') for (let minor = 4; minor <= 16; minor++) add(`10_${minor}`, ['universal2'])
  if (cpu === 'x86_64' || cpu === 'arm64')
    for (let major = 11; major <= NEWEST_MACOS; major++)
      add(`${major}_0`, cpu === 'arm64' ? ['arm64', 'universal2'] : intel)
  return platforms
}

function linuxPlatforms({ libc = UNKNOWN_GLIBC }: PythonTarget, cpu: string): string[] {
  if (!/^[a-z0-9_]+$/.test(cpu)) return []
  const platforms: string[] = []
  if (libc.kind === 'musl') {
    for (let minor = libc.minor; minor >= 0; minor--) platforms.push(`musllinux_${libc.major}_${minor}_${cpu}`)
  } else if (libc.major === 2) {
    const isIntel = cpu === 'x86_64' || cpu === 'i686'
    const oldest = isIntel ? OLDEST_GLIBC_MINOR_INTEL : OLDEST_GLIBC_MINOR
    for (let minor = libc.minor; minor >= oldest; minor--) {
      platforms.push(`manylinux_2_${minor}_${cpu}`)
      const legacy = LEGACY.get(minor)
      if (legacy !== undefined) platforms.push(`${legacy}_${cpu}`)
    }
  }
  return [...platforms, `linux_${cpu}`]
}
