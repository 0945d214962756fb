/** What may be taken home from the room that the device is in just now, for the front door. */
import type { TakeHomeDoor } from '../http/take-home-routes.ts'
import { archiveClass, beginNewClass } from './new-class.ts'
import type { RoomSlot } from './room-slot.ts'

export function roomTakeHome(slot: RoomSlot): TakeHomeDoor {
  return {
    counts: (person) => ({ ...slot.runtime.takeHome.counts(person), people: slot.runtime.people.list().length }),
    lessonsAndNotes: (signal) => slot.runtime.takeHome.lessonsAndNotes(signal),
    ofPerson: (person, signal) => slot.runtime.takeHome.ofPerson(person, signal),
    archiveClass: (signal) => archiveClass(slot.runtime, signal),
    beginNewClass: (state) => beginNewClass(slot.runtime, state)
  }
}
