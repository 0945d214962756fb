/** Debian control files as R writes and reads them ("Writing R Extensions" 1.1.1; `read.dcf`). */

export type DcfFields = ReadonlyMap<string, string>

/**
 * The first record. Lines may end with CRLF; a line that begins with white space continues the one before; of two fields with one name the
 * first counts, as in `read.dcf`. White space in a value becomes one space: nothing that an index needs keeps its line breaks.
 */
export function parseDcf(text: string): DcfFields {
  const fields = new Map<string, string>()
  let name: string | undefined
  let parts: string[] = []
  const finish = (): void => {
    if (name !== undefined && !fields.has(name)) fields.set(name, parts.join(' ').replace(/\s+/g, ' ').trim())
    name = undefined
    parts = []
  }
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (/^\s*$/.test(line)) {
      if (name !== undefined || fields.size > 0) break
    } else if (/^[ \t]/.test(line)) {
      parts.push(line)
    } else {
      finish()
      const colon = line.indexOf(':')
      if (colon < 1 || line.startsWith('#')) continue
      name = line.slice(0, colon).trim()
      parts = [line.slice(colon + 1)]
    }
  }
  finish()
  return fields
}

/** One record with the empty line that ends it. */
export function formatDcf(fields: Iterable<readonly [name: string, value: string]>): string {
  let text = ''
  for (const [name, value] of fields) text += `${name}: ${value.replace(/\s+/g, ' ')}\n`
  return `${text}\n`
}
