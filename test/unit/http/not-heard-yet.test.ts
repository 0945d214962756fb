import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createContentRoute } from '../../../node/http/content-route.ts'
import { answerError, asJoineryError } from '../../../node/http/error-answer.ts'
import { HEARING_PATIENCE_MS, HEARING_PATIENCE_R_MS } from '../../../node/http/limits.ts'
import { type HeardOfRoom, whenOpen } from '../../../node/http/not-heard-yet.ts'
import { parseRequestTarget } from '../../../node/http/request-path.ts'
import type { Mirror } from '../../../protocols/content.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

/** A door whose device learns what the test says, on a clock that stands still until the test runs it. */
async function door() {
  const time = new SimulatedTime()
  const known: HeardOfRoom = { opening: false, heard: false, revision: '' }
  const has = new Set<string>()
  let asked = 0
  let arrived = 0
  let counted = 0
  const mirror: Mirror = {
    answer: ({ path }) => {
      asked++
      if (path !== '' && !has.has(path))
        return Promise.resolve({ kind: 'missing', want: { collection: 'x', name: path } })
      return Promise.resolve({ kind: 'bytes', bytes: Buffer.from([...has].join()), contentType: 'text/plain' })
    }
  }
  const hearing = { clock: new SimulatedClock(time), hearing: { known: () => ({ ...known }) } }
  const route = createContentRoute({
    ...hearing,
    blobs: {
      serveFile: () => Promise.reject(new Error('no files')),
      serveBlob: () => Promise.reject(new Error('none'))
    },
    mirrors: new Map([
      ['pypi', mirror],
      ['cran', mirror]
    ]),
    onMissing: () => counted++
  })
  const server = createServer((request, response) => {
    const path = parseRequestTarget(request.url ?? '')
    const answer = route.owns(path.path)
      ? route.answer(request, response, path)
      : whenOpen(hearing, response).then(() => void response.end('a page'))
    arrived++
    answer.catch((error: unknown) => answerError(request, response, asJoineryError(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  /** Resolves once it has arrived. */
  async function ask(
    path: string,
    signal?: AbortSignal,
    headers: Record<string, string> = {}
  ): Promise<{ answer: Promise<Response> }> {
    const before = arrived
    const answer = fetch(`${origin}${path}`, { headers, ...(signal && { signal }) })
    answer.catch(() => undefined)
    while (arrived === before) await new Promise((resolve) => setTimeout(resolve, 1))
    return { answer }
  }
  return { time, known, has, ask, counted: () => counted, asked: () => asked }
}

test('what is not here yet is answered as soon as the list of it has come', async () => {
  const { time, known, has, ask } = await door()
  const { answer } = await ask('/pypi/numpy')
  await time.run(1_000)
  has.add('numpy')
  known.revision = 'first list'
  await time.run(1_200)
  expect(await (await answer).text()).toBe('numpy')
})

test('an index without any list is no answer: it waits for the list', async () => {
  const { time, known, has, ask, asked } = await door()
  const { answer } = await ask('/pypi/')
  await time.run(2_000)
  expect(asked()).toBe(0)
  has.add('numpy')
  known.revision = 'first list'
  await time.run(2_100)
  expect(await (await answer).text()).toBe('numpy')
})

test('what an old list has is answered at once, and what it lacks when all was heard', async () => {
  const { time, known, has, ask, counted } = await door()
  known.revision = 'old list'
  has.add('numpy')
  expect((await (await ask('/pypi/numpy')).answer).status).toBe(200)
  const { answer } = await ask('/pypi/pandas')
  await time.run(1_000)
  known.heard = true
  await time.run(1_100)
  expect((await answer).status).toBe(404)
  // Only then it is something that the room lacks.
  expect(counted()).toBe(1)
})

test('one that hears nothing says so after its time, and not that it is not there; nor does it count as missing', async () => {
  const { time, ask, counted } = await door()
  const { answer } = await ask('/pypi/numpy')
  let over = false
  void answer.then(() => {
    over = true
  })
  await time.run(HEARING_PATIENCE_MS - 1)
  expect(over).toBe(false)
  await time.run(HEARING_PATIENCE_MS + 1)
  const said = await answer
  expect([said.status, said.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await said.text()).toContain('NOT_HEARD_YET')
  expect(counted()).toBe(0)
})

test('a browser is told the same on a page, and comes again by itself', async () => {
  const { time, ask } = await door()
  const { answer } = await ask('/pypi/numpy', undefined, { accept: 'text/html' })
  await time.run(HEARING_PATIENCE_MS + 1)
  const page = await answer
  expect([page.status, page.headers.get('refresh')]).toEqual([503, '3'])
})

test('R, which asks once, waits longer and is never told to come again', async () => {
  const { time, known, has, ask } = await door()
  const { answer } = await ask('/cran/PACKAGES')
  await time.run(HEARING_PATIENCE_R_MS - 100)
  has.add('PACKAGES')
  known.revision = 'first list'
  await time.run(HEARING_PATIENCE_R_MS - 50)
  expect((await answer).status).toBe(200)
  const late = await ask('/cran/src/x.tar.gz')
  await time.run(2 * HEARING_PATIENCE_R_MS)
  expect((await late.answer).status).toBe(404)
})

test('while the room is being opened a page waits, and says that it is not there yet in the end', async () => {
  const { time, known, ask } = await door()
  known.opening = true
  const { answer } = await ask('/room')
  await time.run(900)
  known.opening = false
  await time.run(1_000)
  expect(await (await answer).text()).toBe('a page')
  known.opening = true
  const late = await ask('/room')
  await time.run(1_000 + HEARING_PATIENCE_MS + 50)
  expect((await late.answer).status).toBe(503)
})

test('who leaves while it waits leaves no timer behind', async () => {
  const { time, ask } = await door()
  const leaving = new AbortController()
  const { answer } = await ask('/pypi/numpy', leaving.signal)
  await time.run(200)
  leaving.abort()
  await expect(answer).rejects.toThrow()
  while (time.pending > 0) await new Promise((resolve) => setTimeout(resolve, 1))
})
