/** What the front door needs of the people: those of the room that the device is in just now. */
import type { People } from '../people/index.ts'

export interface PeopleDoor {
  /** Undefined while the device belongs to no room. */
  current(): People | undefined
}
