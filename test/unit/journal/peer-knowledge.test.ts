import { expect, test } from 'vitest'
import { MAX_KNOWN_PEERS } from '../../../node/journal/limits.ts'
import { PeerKnowledge } from '../../../node/journal/peer-knowledge.ts'
import { SimulatedClock, SimulatedTime } from '../../kit/simulated-clock.ts'

test('what so many peers confirmed is known, and of one more that of the peer that was silent longest is forgotten', () => {
  const fail = (cause: unknown): never => {
    throw cause
  }
  const knowledge = new PeerKnowledge(fail, new SimulatedClock(new SimulatedTime()))
  for (let peer = 0; peer < MAX_KNOWN_PEERS; peer++) knowledge.of(`peer ${peer}`).set(`writer ${peer}`, 7)
  // It speaks again.
  knowledge.of('peer 0')
  expect([knowledge.copies('writer 0', 7), knowledge.copies('writer 1', 7)]).toEqual([1, 1])
  knowledge.of('one more').set('writer 0', 7)
  expect([knowledge.copies('writer 0', 7), knowledge.copies('writer 1', 7)]).toEqual([2, 0])
})
