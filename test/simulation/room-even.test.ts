/** A thousand lives of a room, each drawn from its seed; the other half is in `room-odd.test.ts`, so that both processors have work. */
import { testStories } from './run-seeds.ts'

testStories({ index: 0, of: 2 })
