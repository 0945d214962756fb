import { expect, test } from 'vitest'
import { beginNewClass, type ClassRuntime } from '../../../node/daemon/new-class.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { TakeHome } from '../../../node/take-home/index.ts'
import type { BlobReader, ContentIndex } from '../../../protocols/content.ts'
import type { Person } from '../../../protocols/people.ts'

/** A room with two notes, two learners with a repository each, and their facilitator. `meanwhile` runs when the first thing was removed. */
function classOf(meanwhile: (room: ReturnType<typeof classOf>) => void = () => undefined) {
  const person = (id: string, role: Person['role']): Person => ({ id, name: id, shownName: id, role })
  const room = {
    notes: new Map([
      ['one', { title: 'One', text: 'a' }],
      ['two', { title: 'Two', text: 'b' }]
    ]),
    people: new Map(['ana', 'bob'].map((id) => [id, person(id, 'learner')])).set('eve', person('eve', 'facilitator')),
    repositories: new Map(['ana', 'bob'].map((id) => [`${id}-work`, { owner: id, commit: 'c1' }])),
    renamed: [] as string[],
    takeHome: undefined as unknown as TakeHome,
    begin: (state: string) => beginNewClass(runtime as unknown as ClassRuntime, state)
  }
  let first = true
  const remove = async (from: Map<string, unknown>, id: string): Promise<void> => {
    from.delete(id)
    if (first) meanwhile(room as never)
    first = false
  }
  const directory = {
    ofOwner: (owner: string) =>
      [...room.repositories].filter(([, one]) => one.owner === owner).map(([id]) => ({ id, name: id })),
    refs: (id: string) => new Map([['refs/heads/main', room.repositories.get(id)?.commit ?? '']]),
    remove: (id: string) => remove(room.repositories, id)
  }
  const notes = {
    list: () => [...room.notes].map(([id, { title }]) => ({ id, title, written: true })),
    exportText: async (id: string) => room.notes.get(id) ?? { title: '', text: '' },
    remove: (id: string) => remove(room.notes, id),
    rename: async (id: string, title: string) => room.renamed.push(`${id}=${title}`)
  }
  const people = { list: () => [...room.people.values()], remove: (id: string) => remove(room.people, id) }
  room.takeHome = new TakeHome({
    clock: systemClock,
    content: { collections: () => [] } as unknown as ContentIndex,
    blobs: {} as BlobReader,
    ...{ people, notes, repositories: { directory } as never }
  })
  const journal = { erase: async () => undefined }
  const runtime = { journal, people, notes, git: { agreement: { directory } }, takeHome: room.takeHome }
  return room
}

const left = (room: ReturnType<typeof classOf>): string[][] =>
  [room.notes, room.repositories, room.people].map((one) => [...one.keys()])

test('what was archived goes, and facilitators stay', async () => {
  const room = classOf()
  const state = await room.takeHome.state()
  expect(await room.begin(state)).toEqual({ people: 2, notes: 2, repositories: 2 })
  expect(left(room)).toEqual([[], [], ['eve']])
})

test('nothing goes when somebody worked since the archive', async () => {
  const room = classOf()
  const state = await room.takeHome.state()
  room.notes.set('two', { title: 'Two', text: 'more' })
  await expect(room.begin(state)).rejects.toMatchObject({ code: 'CLASS_CHANGED' })
  expect(left(room).map((one) => one.length)).toEqual([2, 2, 3])
})

test('what somebody changes while the class is removed stays, with its title and its owner, and is told', async () => {
  const room = classOf((now) => {
    now.notes.set('two', { title: 'Two', text: 'written meanwhile' })
    now.notes.set('three', { title: 'Three', text: 'new' })
    now.repositories.set('bob-work', { owner: 'bob', commit: 'c2' })
    now.people.set('cyd', { id: 'cyd', name: 'cyd', shownName: 'cyd', role: 'learner' })
  })
  const state = await room.takeHome.state()
  await expect(room.begin(state)).rejects.toMatchObject({ code: 'CLASS_PARTLY_KEPT' })
  expect(left(room)).toEqual([['two', 'three'], ['bob-work'], ['bob', 'eve', 'cyd']])
  expect(room.renamed).toEqual(['two=Two', 'three=Three'])
  // Once more, with an archive of what is there now.
  await room.begin(await room.takeHome.state())
  expect(left(room)).toEqual([[], [], ['eve']])
})
