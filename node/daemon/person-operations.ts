/** What an administrator of the device can do about people. */
import { JoineryError } from '../../protocols/errors.ts'
import type { PersonLine, PersonOperations } from '../control/person-operations.ts'
import type { KnownPerson, People } from '../people/index.ts'
import type { RoomSlot } from './room-slot.ts'

export function personOperations(slot: RoomSlot): PersonOperations {
  const people = (): People => slot.runtime.people
  const find = (name: string): KnownPerson => {
    const person = people().person(name) ?? people().named(name)
    if (!person) throw new JoineryError('NO_SUCH_PERSON', `nobody is called ${name}`)
    return person
  }
  const line = ({ id, name, shownName, role, mustChoose }: KnownPerson): PersonLine => ({
    ...{ id, name, shownName, role, mustChoose },
    sessions: people().sessionCount(id)
  })
  return {
    people: async () => people().list().map(line),
    async addPerson({ name, role }) {
      const { person, code } = await people().add({ shownName: name, role })
      return { person: line(person), code }
    },
    async removePerson({ name }) {
      const removed = line(find(name))
      await people().remove(removed.id)
      // Without a network there is no git: the repositories are out of everybody's reach, and go with the next removal.
      const { git } = slot.runtime
      if (git && 'agreement' in git) {
        const { directory } = git.agreement
        for (const repository of directory.ofOwner(removed.id)) await directory.remove(repository.id)
      }
      return removed
    },
    setRole: async ({ name, role }) => line(await people().setRole(find(name).id, role)),
    async newCode({ name }) {
      const { id } = find(name)
      const code = await people().newCode(id)
      return { person: line(find(id)), code }
    },
    async recoverPerson({ name }) {
      const { person, code } = await people().recover(name)
      return { person: line(person), code }
    },
    signUp: async () => ({ open: people().signUp.isOpen }),
    async setSignUp({ open }) {
      await people().signUp.set(open)
      return { open }
    }
  }
}

/** Whoever makes a room has an account in it at once. */
export async function firstFacilitator(people: People): Promise<{ name: string; code: string }> {
  const { person, code } = await people.add({ shownName: 'Facilitator', role: 'facilitator' })
  return { name: person.name, code }
}
