/** What the front door needs of the people: those of the room that the device is in just now. */
import type { PersonId } from '../../protocols/people.ts'
import type { ShownSignal } from '../live/index.ts'
import type { People } from '../people/index.ts'

export interface PeopleDoor {
  /** Undefined while the device belongs to no room. */
  current(): People | undefined
  /** The sticky and the hand that somebody shows; absent where there are none. */
  signalOf?(person: PersonId): ShownSignal | undefined
}
