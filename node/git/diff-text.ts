/** Reads what `git diff-tree -p --numstat` prints. Names with special characters come quoted. */

export interface FileChange {
  path: string
  oldPath?: string
  binary: boolean
  added: number
  removed: number
  /** `@@ …`, `+…`, `-…`, ` …` */
  lines: string[]
}

/** More than anybody reads of one commit. */
const MAX_FILES = 300
const MAX_LINES_PER_FILE = 3_000

export function changesOf(text: string): FileChange[] {
  const files: FileChange[] = []
  let file: FileChange | undefined
  let inHead = false
  for (const line of text.split('\n')) {
    if (line.startsWith('diff --git ')) {
      if (files.length === MAX_FILES) return files
      // An empty file has no other line that names it.
      const [, same = ''] = /^diff --git a\/(.+) b\/\1$/.exec(line) ?? []
      file = { path: same, binary: false, added: 0, removed: 0, lines: [] }
      files.push(file)
      inHead = true
      continue
    }
    if (!file) continue
    if (inHead) {
      readHead(file, line)
      if (line.startsWith('@@')) inHead = false
      else {
        if (file.path === '') nameFromDiff(file, line)
        continue
      }
    }
    if (file.lines.length < MAX_LINES_PER_FILE) file.lines.push(line)
    if (line.startsWith('+')) file.added++
    else if (line.startsWith('-')) file.removed++
  }
  for (const one of files) if (one.lines.at(-1) === '') one.lines.pop()
  return files
}

function readHead(file: FileChange, line: string): void {
  const [, key, name] = /^(rename from|rename to|--- a|\+\+\+ b|--- |\+\+\+ )[ /]?(.*)$/.exec(line) ?? []
  if (line.startsWith('Binary files ') || line.startsWith('GIT binary patch')) file.binary = true
  if (name === undefined || name === 'dev/null' || name === '/dev/null') return
  if (key === 'rename from') file.oldPath = unquoted(name)
  else if (key === 'rename to') file.path = unquoted(name)
  else if (key?.startsWith('+++')) file.path = unquoted(name).replace(/^b\//, '')
  else if (key?.startsWith('---') && file.path === '') file.path = unquoted(name).replace(/^a\//, '')
}

function nameFromDiff(file: FileChange, line: string): void {
  const [, name] =
    /^Binary files (?:a\/.*|\/dev\/null) and b\/(.+) differ$/.exec(line) ??
    /^Binary files a\/(.+) and \/dev\/null differ$/.exec(line) ??
    []
  if (name !== undefined) file.path = name
}

/** As C strings, with bytes in octal. */
function unquoted(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name.replace(/\t$/, '')
  const bytes: number[] = []
  const text = name.slice(1, -1)
  for (let at = 0; at < text.length; at++) {
    const octal = /^\\([0-3][0-7]{2})/.exec(text.slice(at, at + 4))?.[1]
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8))
      at += 3
    } else if (text[at] === '\\') {
      at++
      bytes.push(...Buffer.from({ n: '\n', t: '\t', r: '\r' }[text[at] ?? ''] ?? text[at] ?? ''))
    } else bytes.push(...Buffer.from(text[at] ?? ''))
  }
  return Buffer.from(bytes).toString('utf8')
}
