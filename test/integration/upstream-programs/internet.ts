/**
 * The internet of a test: a Python index and an R repository over one folder, `files/` and `src/contrib/`, as pip and R would find them.
 *
 *   node internet.ts FOLDER PORT [HELD-FILE]
 *
 * Says one line for each request. The first answer with HELD-FILE sends its first half and then nothing more, as a line does that is cut.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { parseDcf } from '../../../node/mirrors/cran/dcf.ts'

const [folder = '', port = '', held = ''] = process.argv.slice(2)
let holds = held !== ''

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function projectPage(project: string): string | undefined {
  const names = readdirSync(join(folder, 'files')).filter((name) => {
    return (
      name
        .split('-')[0]
        ?.toLowerCase()
        .replace(/[-_.]+/g, '-') === project && !/\.(?:metadata|yanked)$/.test(name)
    )
  })
  if (names.length === 0) return undefined
  const files = names.map((filename) => {
    const bytes = readFileSync(join(folder, 'files', filename))
    const metadata = beside(`${filename}.metadata`)
    const yanked = beside(`${filename}.yanked`)
    return {
      ...{ filename, url: `../../files/${filename}`, hashes: { sha256: sha256(bytes) }, size: bytes.length },
      ...(metadata && { 'core-metadata': { sha256: sha256(metadata) } }),
      ...(yanked && { yanked: Buffer.from(yanked).toString() })
    }
  })
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name: project, files })
}

function beside(name: string): Uint8Array | undefined {
  return readdirSync(join(folder, 'files')).includes(name) ? readFileSync(join(folder, 'files', name)) : undefined
}

/** As `tools::write_PACKAGES` makes it of DESCRIPTION files that lie beside the archives. */
function packages(): string {
  const contrib = join(folder, 'src/contrib')
  return readdirSync(contrib)
    .filter((name) => name.endsWith('.tar.gz'))
    .map((name) => {
      const fields = parseDcf(readFileSync(join(contrib, `${name}.description`), 'utf8'))
      const md5 = createHash('md5')
        .update(readFileSync(join(contrib, name)))
        .digest('hex')
      const said = ['Package', 'Version', 'Depends', 'Imports', 'License']
        .filter((field) => fields.has(field))
        .map((field) => `${field}: ${fields.get(field)}`)
      return `${[...said, `MD5sum: ${md5}`].join('\n')}\n`
    })
    .join('\n')
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/')
  const simple = /^\/simple\/([a-z0-9-]+)\/$/.exec(path)?.[1]
  if (simple !== undefined) {
    const page = projectPage(simple)
    if (page === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end(page)
  } else if (path === '/src/contrib/PACKAGES.gz') response.writeHead(200).end(gzipSync(packages()))
  else if (/^\/(?:files|src\/contrib)\/[\w.+-]+$/.test(path)) file(path, request, response)
  else response.writeHead(404).end()
}

function file(path: string, request: IncomingMessage, response: ServerResponse): void {
  const name = basename(path)
  if (!readdirSync(join(folder, path, '..')).includes(name)) {
    response.writeHead(404).end()
    return
  }
  const bytes = readFileSync(join(folder, path))
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const range = start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': bytes.length - start, ...range })
  if (holds && name === held) {
    holds = false
    response.write(bytes.subarray(start, Math.floor(bytes.length / 2)), () => console.log(`held ${path}`))
  } else response.end(bytes.subarray(start))
}

createServer((request, response) => {
  response.on('close', () => console.log(`${response.statusCode} ${request.url} ${request.headers.range ?? ''}`))
  answer(request, response)
}).listen(Number(port), () => console.log('ready'))
