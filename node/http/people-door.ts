/** What the front door needs of the people: those of the room that the device is in just now. */
import type { PersonId } from '../../protocols/people.ts'
import type { Wifi } from '../../protocols/wifi-facts.ts'
import type { ShownSignal } from '../live/index.ts'
import type { People } from '../people/index.ts'

/** The Wi-Fi that is printed on cards. */
export interface WifiDoor {
  readonly current: Wifi | undefined
  /** @throws JoineryError `WIFI_NAME_INVALID`, `WIFI_PASSWORD_INVALID` */
  set(wifi: Wifi): Promise<void>
}

export interface PeopleDoor {
  /** Absent: cards show no Wi-Fi. */
  wifi?(): WifiDoor | undefined
  /** Undefined while the device belongs to no room. */
  current(): People | undefined
  /** They asked for a page: whoever helps may see that they are here. Absent where nobody is told. */
  seen?(person: PersonId): void
  /** The sticky and the hand that somebody shows; absent where there are none. */
  signalOf?(person: PersonId): ShownSignal | undefined
}
