/** The program as it is handed out over HTTP: whole, in parts, and to a few at a time. */
import fastify from 'fastify'
import { afterEach, expect, it } from 'vitest'
import { addHandoutRoutes } from '../../../node/http/handout-routes.ts'
import { HANDOUTS_AT_ONCE } from '../../../node/http/limits.ts'
import '../../../node/http/errors.ts'
import { errorCatalogue, JoineryError } from '../../../protocols/errors.ts'

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, at) => at % 251))
const SHA256 = 'ab'.repeat(32)
const URL = '/setup/device/joinery-1-x64.tar'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

/** @param gate what every answer waits for after its first byte */
function server(gate: Promise<void> = Promise.resolve()) {
  const app = fastify({ exposeHeadRoutes: true })
  let reading = 0
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof JoineryError)) throw error
    void reply.code(errorCatalogue().get(error.code)?.status ?? 500).send(error.code)
  })
  addHandoutRoutes(app, {
    describe: async () => ({ fileName: 'joinery-1-x64.tar', sizeBytes: BYTES.length, sha256: SHA256 }),
    async *read(start, end) {
      reading++
      yield BYTES.subarray(start, start + 1)
      await gate
      yield BYTES.subarray(start + 1, end)
    }
  })
  opened.push(app)
  return { app, reads: () => reading }
}

it('is sent whole, with its hash as its tag, and only under the name of this version', async () => {
  const { app } = server()
  const answer = await app.inject(URL)
  expect(answer.statusCode).toBe(200)
  expect(answer.rawPayload.equals(BYTES)).toBe(true)
  expect(answer.headers).toMatchObject({
    etag: `"${SHA256}"`,
    'accept-ranges': 'bytes',
    'content-length': '1000',
    'content-type': 'application/x-tar'
  })
  expect((await app.inject('/setup/device/joinery-0-x64.tar')).statusCode).toBe(404)
  expect((await app.inject({ url: URL, headers: { 'if-none-match': `"${SHA256}"` } })).statusCode).toBe(304)
})

it('a download goes on where it broke off', async () => {
  const { app } = server()
  const rest = await app.inject({ url: URL, headers: { range: 'bytes=990-' } })
  expect(rest.statusCode).toBe(206)
  expect(rest.headers['content-range']).toBe('bytes 990-999/1000')
  expect(rest.rawPayload.equals(BYTES.subarray(990))).toBe(true)
  const part = await app.inject({ url: URL, headers: { range: 'bytes=0-0' } })
  expect(part.rawPayload.equals(BYTES.subarray(0, 1))).toBe(true)
  // What was whole already.
  const whole = await app.inject({ url: URL, headers: { range: 'bytes=1000-' } })
  expect(whole.statusCode).toBe(416)
  expect(whole.headers['content-range']).toBe('bytes */1000')
  const other = await app.inject({ url: URL, headers: { range: 'bytes=990-', 'if-range': '"another"' } })
  expect(other.statusCode).toBe(200)
  expect(other.rawPayload.length).toBe(1_000)
})

it('HEAD reads nothing', async () => {
  const { app, reads } = server()
  const answer = await app.inject({ method: 'HEAD', url: URL })
  expect(answer.statusCode).toBe(200)
  expect(answer.headers['content-length']).toBe('1000')
  expect(answer.rawPayload.length).toBe(0)
  expect(reads()).toBe(0)
})

it('goes to a few at a time; one more is told to come again, and can once somebody has it', async () => {
  let open = (): void => undefined
  const { app, reads } = server(
    new Promise<void>((resolve) => {
      open = resolve
    })
  )
  const first = Array.from({ length: HANDOUTS_AT_ONCE }, () => app.inject(URL))
  await expect.poll(reads).toBe(HANDOUTS_AT_ONCE)
  expect((await app.inject(URL)).statusCode).toBe(503)
  expect(reads()).toBe(HANDOUTS_AT_ONCE)
  open()
  for (const answer of await Promise.all(first)) expect(answer.rawPayload.equals(BYTES)).toBe(true)
  await expect.poll(async () => (await app.inject(URL)).statusCode).toBe(200)
})
