/** RECORD of a wheel: which files it has and their hashes (packaging.python.org, "Recording installed projects"). A CSV of path, hash, size. */

/** One row is some 120 bytes; 100,000 files. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

/** @returns sha256 in unpadded base64url by path, of the files that have one */
export function parseRecord(bytes: Uint8Array): Map<string, string> {
  const hashes = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const [path, hash] = csvFields(line.endsWith('\r') ? line.slice(0, -1) : line)
    if (path && hash?.startsWith('sha256=')) hashes.set(path, hash.slice('sha256='.length).replace(/=+$/, ''))
  }
  return hashes
}

function csvFields(line: string): string[] {
  const fields: string[] = []
  for (let at = 0; at <= line.length; ) {
    if (line[at] === '"') {
      let end = at + 1
      while (end < line.length && (line[end] !== '"' || line[end + 1] === '"')) end += line[end] === '"' ? 2 : 1
      fields.push(line.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 2
    } else {
      const comma = line.indexOf(',', at)
      const end = comma < 0 ? line.length : comma
      fields.push(line.slice(at, end))
      at = end + 1
    }
  }
  return fields
}
