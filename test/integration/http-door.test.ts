/** What the front door does once for all who ask, and which port it takes. */
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../node/http/listen.ts'
import { type StartedFrontDoor, startFrontDoor } from '../browser/front-door-kit.ts'
import { sampleRoom } from '../browser/sample-room.ts'

let door: StartedFrontDoor | undefined
afterEach(async () => {
  await door?.frontDoor.stop()
  door = undefined
})

describe('the overview of the room', () => {
  it('is computed once for all who ask at the same time, and again after a failure', async () => {
    let computed = 0
    let fails = true
    door = await startFrontDoor(() => {
      computed++
      return fails ? Promise.reject(new Error('/secret')) : Promise.resolve(sampleRoom)
    })
    const failed = await fetch(`${door.origin}/api/room`)
    expect(failed.status).toBe(500)
    expect(await failed.text()).not.toContain('secret')
    fails = false
    computed = 0
    const { origin } = door
    const all = await Promise.all(Array.from({ length: 30 }, () => fetch(`${origin}/api/room`)))
    expect(all.map((one) => one.status)).toEqual(Array.from({ length: 30 }, () => 200))
    expect(computed).toBeLessThan(4)
  })
})

describe('a port', () => {
  it('that is taken is passed over for the next one', async () => {
    const first = createServer()
    const taken = await listen(first, [0], '127.0.0.1')
    const second = createServer()
    try {
      expect(await listen(second, [taken, 0], '127.0.0.1')).not.toBe(taken)
    } finally {
      first.close()
      second.close()
    }
  })

  it('that is taken is named', async () => {
    const first = createServer()
    const port = await listen(first, [0], '127.0.0.1')
    try {
      const second = createServer()
      await expect(listen(second, [port], '127.0.0.1')).rejects.toMatchObject({
        code: 'PORT_TAKEN',
        message: expect.stringContaining(String(port))
      })
      // The server is as usable as before.
      expect(await listen(second, [port, 0], '127.0.0.1')).toBeGreaterThan(0)
      second.close()
    } finally {
      first.close()
    }
  })
})
