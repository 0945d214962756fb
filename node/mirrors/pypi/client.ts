/** What pip and uv say of the machine that they run on: `pip/24.2 {"cpu":"x86_64",…}`, the same JSON for both. */

/** A real one has some 400 characters. */
const MAX_USER_AGENT_CHARACTERS = 4096
const MAX_PART_CHARACTERS = 40

/** @returns such as `Python 3.11, Linux x86_64 (glibc 2.36)`, or undefined when it says nothing of this kind */
export function describeTarget(userAgent: string | undefined): string | undefined {
  if (userAgent === undefined || userAgent.length > MAX_USER_AGENT_CHARACTERS) return undefined
  const brace = userAgent.indexOf('{')
  if (brace < 0) return undefined
  let said: unknown
  try {
    said = JSON.parse(userAgent.slice(brace))
  } catch {
    return undefined
  }
  const python = text(said, 'python')?.match(/^[0-9]+\.[0-9]+/)?.[0]
  const system = text(said, 'system', 'name')
  const machine = [system === 'Darwin' ? 'macOS' : system, text(said, 'cpu')]
    .filter((part) => part !== undefined)
    .join(' ')
  const libc = [text(said, 'distro', 'libc', 'lib'), text(said, 'distro', 'libc', 'version')]
  const suffix = libc[0] === undefined ? '' : ` (${libc.filter((part) => part !== undefined).join(' ')})`
  const parts = [python === undefined ? '' : `Python ${python}`, `${machine}${suffix}`.trim()].filter(
    (part) => part !== ''
  )
  return parts.length === 0 ? undefined : parts.join(', ')
}

function text(value: unknown, ...path: string[]): string | undefined {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as { [key: string]: unknown })[key]
  }
  if (typeof found !== 'string' || !/^[\w.+ -]+$/.test(found)) return undefined
  return found.slice(0, MAX_PART_CHARACTERS)
}
