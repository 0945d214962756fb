import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createContentRoute } from '../../../node/http/content-route.ts'
import { answerError, asJoineryError } from '../../../node/http/error-answer.ts'
import { parseRequestTarget } from '../../../node/http/request-path.ts'
import { type Admission, BIG_DOWNLOAD_BYTES, type Download } from '../../../node/load/index.ts'
import { cidOfDigest } from '../../../protocols/cid.ts'
import type { Mirror } from '../../../protocols/content.ts'
import { JoineryError } from '../../../protocols/errors.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

const SIZE = 4 * BIG_DOWNLOAD_BYTES
const CID = cidOfDigest(new Uint8Array(32).fill(7))
const FILE = { cid: CID, sizeBytes: SIZE }

/** A door whose load says what the test says, and which notes what it was told. */
async function door(admission: Admission = { kind: 'serve' }, failures: (JoineryError | undefined)[] = []) {
  const time = new SimulatedTime()
  const asked: Download[] = []
  const served: { path: string; type: string; disposition?: string }[] = []
  const mirror: Mirror = {
    answer: () => Promise.resolve({ kind: 'file', file: FILE, contentType: 'application/zip' })
  }
  const route = createContentRoute({
    clock: new SimulatedClock(time),
    blobs: {
      named: (cid) => (cid === CID ? FILE : undefined),
      serveFile: async (request, response, _file, { contentType, headers }) => {
        const failure = failures.length > 1 ? failures.shift() : failures[0]
        if (failure) throw failure
        const disposition = headers?.['content-disposition']
        served.push({ path: request.url ?? '', type: contentType, ...(disposition ? { disposition } : {}) })
        response.end('the file')
      },
      serveBlob: async (_request, response) => void response.end('a blob')
    },
    downloads: {
      admit: async (download) => {
        asked.push(download)
        return admission
      }
    },
    mirrors: new Map(['pypi', 'cran', 'installers', 'lessons'].map((name) => [name, mirror])),
    onMissing: () => undefined
  })
  const server = createServer((request, response) => {
    route
      .answer(request, response, parseRequestTarget(request.url ?? ''))
      .catch((error: unknown) => answerError(request, response, asJoineryError(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(`${origin}${path}`, { headers, method, redirect: 'manual' })
  return { ask, asked, served, time }
}

const BROWSER = { Accept: 'text/html,application/xhtml+xml' }

describe('the load is asked', () => {
  test.each([
    ['/installers/tool.exe', 'queue'],
    ['/pypi/files/x/foo/foo.whl', 'soon'],
    ['/cran/src/contrib/foo_1.tar.gz', 'always']
  ])('for %s by the rule `%s`', async (path, manner) => {
    const { ask, asked, served } = await door()
    await ask(path)
    expect(asked).toEqual([
      expect.objectContaining({ manner, leftBytes: SIZE, visitor: '127.0.0.1', own: '127.0.0.1', moves: true })
    ])
    expect(served).toHaveLength(1)
  })

  test.each<[string, string, Record<string, string>, string]>([
    ['a lesson', '/lessons/big.mp4', {}, 'GET'],
    ['a look at the head', '/installers/tool.exe', {}, 'HEAD'],
    ['a short range', '/pypi/x/foo.whl', { Range: `bytes=0-${BIG_DOWNLOAD_BYTES - 2}` }, 'GET'],
    ['the last bytes', '/pypi/x/foo.whl', { Range: 'bytes=-30000' }, 'GET'],
    ['the end of a download', '/pypi/x/foo.whl', { Range: `bytes=${SIZE - 100}-` }, 'GET'],
    ['what may be known already', '/pypi/x/foo.whl', { 'If-None-Match': '"x"' }, 'GET']
  ])('never for %s', async (_what, path, headers, method) => {
    const { ask, asked, served } = await door({ kind: 'full', retryAfterSeconds: 1 })
    expect((await ask(path, headers, method)).status).toBe(200)
    expect([asked, served.length]).toEqual([[], 1])
  })

  test('for what is left of a download', async () => {
    const { ask, asked } = await door()
    await ask('/pypi/x/foo.whl', { Range: 'bytes=1000-' })
    await ask('/pypi/x/foo.whl', { Range: `bytes=1000-${1000 + BIG_DOWNLOAD_BYTES - 1}` })
    await ask('/pypi/x/foo.whl', { Range: 'bytes=0-5,9-20' })
    expect(asked.map(({ leftBytes }) => leftBytes)).toEqual([SIZE - 1000, BIG_DOWNLOAD_BYTES, SIZE])
  })

  test.each([
    ['/pypi/x/foo.whl', 'pip/23.0.1 {"ci":null}', false],
    ['/pypi/x/foo.whl', 'pip/25.1.1 {"ci":null}', false],
    ['/pypi/x/foo.whl', 'pip/25.2 {"ci":null}', true],
    ['/pypi/x/foo.whl', 'pip/26.2.2 {"ci":null}', true],
    ['/pypi/x/foo.whl', 'uv/0.9.2 {"installer":{"name":"uv"}}', false],
    ['/cran/foo_1.tar.gz', 'libcurl/7.88.1', false],
    ['/installers/tool.exe', 'Mozilla/5.0', true]
  ])('whether %s of %s can be resumed: %s, %s', async (path, userAgent, resumes) => {
    const { ask, asked } = await door()
    await ask(path, { 'User-Agent': userAgent })
    expect(asked[0]?.resumes).toBe(resumes)
  })

  test.each<[Record<string, string>, boolean]>([
    [BROWSER, true],
    [{ ...BROWSER, Range: 'bytes=5-' }, false],
    [{ Accept: '*/*' }, false]
  ])('whether %o sees a page', async (headers, seesPage) => {
    const { ask, asked } = await door()
    await ask('/installers/tool.exe', headers)
    await ask('/pypi/x/foo.whl', headers)
    expect(asked.map((one) => one.seesPage)).toEqual([seesPage, false])
  })
})

describe('what cannot be had for a moment', () => {
  const rotten = new JoineryError('BUSY', 'not just now')

  /** Runs the clock until the answer is there. */
  async function answered(time: SimulatedTime, answer: Promise<Response>): Promise<Response> {
    let done: Response | undefined
    void answer.then((response) => {
      done = response
    })
    await expect
      .poll(
        async () => {
          await time.run(time.nowMs + 5_000)
          return done
        },
        { timeout: 20_000 }
      )
      .toBeDefined()
    return await answer
  }

  test('is missing for R in the end, and never "come again"', async () => {
    const { ask, time } = await door({ kind: 'serve' }, [rotten])
    expect((await answered(time, ask('/cran/src/contrib/foo_1.tar.gz'))).status).toBe(404)
  })

  test('is asked for again meanwhile', async () => {
    const { ask, time, served } = await door({ kind: 'serve' }, [rotten, rotten, undefined])
    expect((await answered(time, ask('/cran/src/contrib/foo_1.tar.gz'))).status).toBe(200)
    expect(served).toHaveLength(1)
  })

  test('is told at once to who comes again', async () => {
    const { ask } = await door({ kind: 'serve' }, [rotten])
    expect((await ask('/pypi/x/foo.whl')).status).toBe(503)
  })
})

describe('the answer', () => {
  test('sends a visitor elsewhere by the hash and the name, once and for nobody else', async () => {
    const { ask } = await door({ kind: 'elsewhere', origin: 'http://192.168.1.7:8080' })
    const answer = await ask('/installers/R/R%204.4%20(x64).exe', { Range: 'bytes=100-' })
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toBe(
      `http://192.168.1.7:8080/blob/${CID}/R%204.4%20(x64).exe?for=installers`
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('where a visitor was sent to is the file under its name, and the load is told', async () => {
    const { ask, asked, served } = await door()
    await ask(`/blob/${CID}/R%204.4.exe?for=installers`)
    expect(asked).toEqual([expect.objectContaining({ wasSent: true, moves: false, manner: 'queue', seesPage: false })])
    expect(served).toMatchObject([
      { type: 'application/octet-stream', disposition: expect.stringContaining('filename="R 4.4.exe"') }
    ])
  })

  test.each([
    `/blob/${CID.slice(0, -1)}q/foo.whl?for=pypi`,
    `/blob/${cidOfDigest(new Uint8Array(32))}/foo.whl?for=pypi`,
    `/blob/${CID}/a/b?for=pypi`,
    `/blob/${CID}/?for=pypi`
  ])('%s is not there', async (path) => {
    expect((await (await door()).ask(path)).status).toBe(404)
  })

  test.each([
    ['en', 'It is the next one. Less than a minute to go.'],
    ['es', 'Es la siguiente. Falta menos de un minuto.'],
    ['fr', 'C’est le suivant. Encore moins d’une minute.'],
    ['pt', 'É o próximo. Falta menos de um minuto.']
  ])('shows the waiting time in %s, on a page that loads again without a script', async (language, text) => {
    const { ask, served } = await door({ kind: 'wait', place: 1, waitSeconds: 20 })
    const answer = await ask('/installers/tool.exe', { ...BROWSER, 'Accept-Language': language })
    expect([answer.status, Number(answer.headers.get('refresh')) > 0]).toEqual([503, true])
    expect(answer.headers.get('content-security-policy')).not.toContain('sandbox')
    expect((await answer.text()).replace(/<[^>]+>/g, '')).toContain(text)
    expect(served).toEqual([])
  })

  test('tells the place and the minutes', async () => {
    const { ask } = await door({ kind: 'wait', place: 4, waitSeconds: 200 })
    const text = await (await ask('/installers/tool.exe', { ...BROWSER, 'Accept-Language': 'en' })).text()
    expect(text.replace(/<[^>]+>/g, '')).toContain('3 downloads come before it. About 4 minutes to go.')
  })

  test('asks to come again when there is no room at all', async () => {
    const { ask } = await door({ kind: 'full', retryAfterSeconds: 17 })
    const answer = await ask('/pypi/x/foo.whl')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '17'])
    expect(await answer.text()).toContain('TOO_MANY_DOWNLOADS')
  })

  test('tells the load when it has ended, and whether the visitor has all of it', async () => {
    const ends: boolean[] = []
    const { ask } = await door({ kind: 'serve', closed: (isDone) => ends.push(isDone) })
    await (await ask('/installers/tool.exe')).text()
    await expect.poll(() => ends).toHaveLength(1)
  })
})
