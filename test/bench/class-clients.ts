/**
 * Learners who all install the same packages, as pip does it: one connection each, kept open; for each package the index page (JSON) and the
 * metadata of its wheel, then one file after the other. A program of its own beside the bench `class`, so that its processor time is not the server's.
 *
 * Prints one line of JSON after each half and goes on when a line comes in.
 */
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'

/** What pip 24 sends. */
const INDEX_HEADERS = {
  'User-Agent': 'pip/24.2 {"cpu":"x86_64","implementation":{"name":"CPython","version":"3.12.1"},"python":"3.12.1"}',
  'Accept-Encoding': 'gzip, deflate',
  Accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01',
  Connection: 'keep-alive',
  'Cache-Control': 'max-age=0'
}
const FILE_HEADERS = {
  'User-Agent': INDEX_HEADERS['User-Agent'],
  'Accept-Encoding': 'identity',
  Accept: '*/*',
  Connection: 'keep-alive'
}

export interface Half {
  requests: number
  bytes: number
  seconds: number
  /** Of single requests, from asking to the last byte. */
  p50Ms: number
  p95Ms: number
}

interface Project {
  files: { url: string; size: number; 'core-metadata'?: unknown }[]
}

class Learner {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #base: string
  readonly #files: { url: string; size: number }[] = []

  constructor(base: string) {
    this.#base = base
  }

  async resolve(packages: readonly string[], tell: (ms: number, bytes: number) => void): Promise<void> {
    for (const name of packages) {
      const index = `${this.#base}/pypi/simple/${name}/`
      const page = await this.#get(index, INDEX_HEADERS, tell, true)
      const [file] = (JSON.parse(page.toString()) as Project).files
      if (!file?.['core-metadata']) throw new Error(`${name}: no file with metadata`)
      const url = new URL(file.url, index).href
      this.#files.push({ url, size: file.size })
      await this.#get(`${url}.metadata`, FILE_HEADERS, tell, false)
    }
  }

  async download(tell: (ms: number, bytes: number) => void): Promise<void> {
    for (const { url, size } of this.#files) await this.#get(url, FILE_HEADERS, tell, false, size)
    this.#agent.destroy()
  }

  #get(
    url: string,
    headers: Record<string, string>,
    tell: (ms: number, bytes: number) => void,
    keep: boolean,
    sizeBytes?: number
  ): Promise<Buffer> {
    const began = performance.now()
    return new Promise((resolve, reject) => {
      get(url, { agent: this.#agent, headers }, (response) => {
        const kept: Buffer[] = []
        let bytes = 0
        response.on('data', (data: Buffer) => {
          bytes += data.length
          if (keep) kept.push(data)
        })
        response.on('error', reject)
        response.on('end', () => {
          tell(performance.now() - began, bytes)
          const right = response.statusCode === 200 && (sizeBytes === undefined || sizeBytes === bytes)
          if (right) resolve(Buffer.concat(kept))
          else reject(new Error(`${url}: status ${response.statusCode}, ${bytes} bytes`))
        })
      }).on('error', reject)
    })
  }
}

async function half(work: (tell: (ms: number, bytes: number) => void) => Promise<unknown>): Promise<Half> {
  const took: number[] = []
  let bytes = 0
  const began = performance.now()
  await work((ms, more) => {
    took.push(ms)
    bytes += more
  })
  const seconds = (performance.now() - began) / 1000
  took.sort((a, b) => a - b)
  const at = (part: number): number => took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0
  return { requests: took.length, bytes, seconds, p50Ms: at(0.5), p95Ms: at(0.95) }
}

const [base = '', count = '0', ...packages] = process.argv.slice(2)
const learners = Array.from({ length: Number(count) }, () => new Learner(base))
const lines = createInterface(process.stdin)[Symbol.asyncIterator]()
await lines.next()
console.log(JSON.stringify(await half((tell) => Promise.all(learners.map((one) => one.resolve(packages, tell))))))
await lines.next()
console.log(JSON.stringify(await half((tell) => Promise.all(learners.map((one) => one.download(tell))))))
process.stdin.destroy()
