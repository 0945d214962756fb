/**
 * `SHA256SUMS` of a stick: which files we wrote, and their hashes. What `sha256sum --check` reads, so that anybody can check a stick without us; the first
 * line, a comment there, names the edition.
 */
export const LIST_NAME = 'SHA256SUMS'

export interface StickList {
  edition: string
  /** Path → hexadecimal sha256. */
  hashes: Map<string, string>
}

export function formatStickList({ edition, hashes }: StickList): string {
  const lines = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, hash]) => `${hash}  ${path}\n`)
  return `# ${edition}\n${lines.join('')}`
}

/** Sticks go from hand to hand: a line that could mean a file elsewhere counts for nothing. */
export function parseStickList(text: string): StickList {
  const hashes = new Map<string, string>()
  const [first = '', ...lines] = text.split('\n')
  for (const line of lines) {
    const [, hash, path] = /^([0-9a-f]{64}) [ *](.+?)\r?$/.exec(line) ?? []
    if (hash !== undefined && path !== undefined && isInside(path)) hashes.set(path, hash)
  }
  return { edition: first.replace(/^# ?/, '').replace(/\r$/, ''), hashes }
}

function isInside(path: string): boolean {
  return !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}
