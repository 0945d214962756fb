/** The other half of `room-even.test.ts`. */
import { testStories } from './run-seeds.ts'

testStories({ index: 1, of: 2 })
