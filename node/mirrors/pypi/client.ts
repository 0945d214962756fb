import type { WantClient } from '../../../protocols/content.ts'

/** What pip and uv say of the machine that they run on: `pip/24.2 {"cpu":"x86_64",…}`, the same JSON for both. */

/** A real one has some 400 characters. */
const MAX_USER_AGENT_CHARACTERS = 4096
const MAX_PART_CHARACTERS = 40

export interface PythonClient {
  client: WantClient
  /** Such as `Python 3.11, Linux x86_64 (glibc 2.36)`. */
  target: string
}

/** @returns undefined when it says nothing of this kind */
export function pythonClient(userAgent: string | undefined): PythonClient | undefined {
  if (userAgent === undefined || userAgent.length > MAX_USER_AGENT_CHARACTERS) return undefined
  const brace = userAgent.indexOf('{')
  if (brace < 0) return undefined
  let said: unknown
  try {
    said = JSON.parse(userAgent.slice(brace))
  } catch {
    return undefined
  }
  const version = text(said, 'python')?.match(/^[0-9]+\.[0-9]+/)?.[0]
  const named = text(said, 'system', 'name')
  const system = named === 'Darwin' ? 'macOS' : named
  const cpu = text(said, 'cpu')
  const libc = [text(said, 'distro', 'libc', 'lib'), text(said, 'distro', 'libc', 'version')]
  const suffix = libc[0] === undefined ? '' : ` (${joined(libc, ' ')})`
  const target = [
    version === undefined ? '' : `Python ${version}`,
    `${joined([system, cpu], ' ')}${suffix}`.trim()
  ].filter((part) => part !== '')
  if (target.length === 0) return undefined
  const client: WantClient = {
    runs: 'Python',
    ...(version === undefined ? {} : { version }),
    ...(system === undefined ? {} : { system }),
    ...(cpu === undefined ? {} : { cpu })
  }
  return { client, target: target.join(', ') }
}

function joined(parts: readonly (string | undefined)[], between: string): string {
  return parts.filter((part) => part !== undefined).join(between)
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
