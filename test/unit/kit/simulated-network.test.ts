/** The network of the simulator does what it says, and replays. */
import { expect, test } from 'vitest'
import type { PeerLink } from '../../../protocols/message-stream.ts'
import { profileOf } from '../../kit/peer-profile.ts'
import { seededRandom } from '../../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'
import { type NetworkFaults, SimulatedNetwork } from '../../kit/simulated-network.ts'

const LIMITS = { maxMessageBytes: 1000, idleTimeoutMs: 5000 }

/** Two devices; `a` sends numbered messages on a new stream whenever the old one ended; what `b` received is returned. */
async function talk(
  seed: number,
  faults: Partial<NetworkFaults>,
  cutAtMs?: number
): Promise<{ log: string; steps: number }> {
  const time = new SimulatedTime()
  const network = new SimulatedNetwork({ time, random: seededRandom(seed) }, faults)
  const clock = new SimulatedClock(time)
  const a = network.join('a', clock, profileOf('a'))
  const b = network.join('b', new SimulatedClock(time), profileOf('b'))
  const log: string[] = []
  b.handle('/n/1', LIMITS, async (stream) => {
    log.push('(')
    for (;;) {
      const next = await stream.receive()
      if (!next) break
      log.push(String(next[0]))
    }
  })
  let next = 0
  a.onLinkLost(() => log.push('lost'))
  const sendOver = async (link: PeerLink): Promise<void> => {
    try {
      const stream = await link.open('/n/1', LIMITS)
      for (; next < 50; next++) {
        await stream.send(Uint8Array.of(next))
        await new Promise<void>((resolve) => void clock.after(20, resolve))
      }
    } catch {
      log.push(')')
    }
  }
  a.onLink((link) => void sendOver(link))
  if (cutAtMs !== undefined) {
    time.after(cutAtMs, () => network.cut('a', 'b'))
    time.after(cutAtMs + 3000, () => network.healAll())
  }
  await time.run(60_000)
  return { log: log.join(' '), steps: time.steps }
}

test('a kind network delivers everything once and in order', async () => {
  const { log } = await talk(1, {})
  expect(log).toBe(`( ${Array.from({ length: 50 }, (_, i) => i).join(' ')}`)
})

test('a bad one breaks streams and links, repeats messages, and each seed is another story that replays', async () => {
  const faults = { breakRate: 0.05, duplicateRate: 0.1 }
  const logs = new Set<string>()
  for (let seed = 0; seed < 20; seed++) {
    const first = await talk(seed, faults)
    expect(await talk(seed, faults)).toEqual(first)
    logs.add(first.log)
  }
  expect(logs.size).toBeGreaterThan(10)
  expect([...logs].some((log) => log.includes('lost'))).toBe(true)
  expect([...logs].some((log) => /\b(\d+) \1\b/.test(log))).toBe(true)
})

test('a cut link loses what is on the way, is noticed, and comes back after healing', async () => {
  const { log } = await talk(1, {}, 400)
  expect(log.match(/lost/g)).toHaveLength(1)
  expect(log.match(/\(/g)).toHaveLength(2)
})

test('a device that is switched off takes its timers with it', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(time, { wallMs: 5 })
  let fired = false
  clock.after(10, () => {
    fired = true
  })
  clock.kill()
  await time.run(100)
  expect(fired).toBe(false)
  expect(time.pending).toBe(0)
  expect(clock.timers).toEqual([])
  expect(clock.wallMs()).toBe(105)
})
