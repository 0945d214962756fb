import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createGitRoute, type GitHost } from '../../../node/http/git-route.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import type { Repository } from '../../../protocols/git.ts'
import type { Person } from '../../../protocols/people.ts'

const ana: Person = { id: 'a', name: 'ana', shownName: 'Ana', role: 'learner' }
const recipes: Repository = { id: '0'.repeat(32), owner: ana.id, name: 'recipes', collaborators: [] }

let server: Server | undefined
afterEach(() => server?.close())

test('an answer whose client leaves between two writes ends, and gives back what it held', async () => {
  const ended = Promise.withResolvers<string>()
  const service: GitHost['service'] = {
    answer: (_id, _request, signal) =>
      Promise.resolve({
        body: (async function* () {
          try {
            yield Buffer.from('first')
            if (!signal.aborted) await once(signal, 'abort')
            // What git had written before it was ended.
            yield Buffer.from('last')
          } finally {
            ended.resolve('the place is free')
          }
        })()
      })
  }
  const directory = { find: () => recipes } as unknown as GitHost['directory']
  const people = { named: () => ana } as unknown as GitHost['people']
  const route = createGitRoute({ current: () => ({ people, directory, service }) }, { clock: systemClock })
  const path = { path: '/ana/recipes.git/info/refs', search: 'service=git-upload-pack' }
  server = createServer((request, response) => {
    route.answer(request, response, path).catch((cause: unknown) => ended.reject(cause))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: joinery.test\r\n\r\n')
  await once(client, 'data')
  client.destroy()
  expect(await ended.promise).toBe('the place is free')
})
