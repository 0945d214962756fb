import { profileOf } from '../kit/peer-profile.ts'
import { seededRandom } from '../kit/seeded-random.ts'
import { SimulatedClock, SimulatedTime } from '../kit/simulated-clock.ts'
import { SimulatedNetwork } from '../kit/simulated-network.ts'
import { describeMessageStream } from './message-stream.ts'

describeMessageStream('simulated', async () => {
  const time = new SimulatedTime()
  const network = new SimulatedNetwork({ time, random: seededRandom(1) })
  const a = network.join('a', new SimulatedClock(time), profileOf('a'))
  const b = network.join('b', new SimulatedClock(time), profileOf('b'))
  await time.run(1000)
  const link = a.links()[0]
  if (!link) throw new Error('no link')
  return {
    a,
    b,
    link,
    async wait(promise) {
      let over = false
      const noted = promise.finally(() => {
        over = true
      })
      noted.catch(() => {})
      while (!over) await time.run(time.nowMs + 20, () => over)
      return await noted
    },
    async [Symbol.asyncDispose]() {}
  }
})
