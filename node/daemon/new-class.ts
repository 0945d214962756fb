/** Archives a class, and makes the room ready for the next one: devices, content and settings stay. */
import { JoineryError } from '../../protocols/errors.ts'
import type { ClassArchiveItem, NewClassResult } from '../../protocols/new-class.ts'
import { NOTES_TOPIC } from '../../protocols/note-facts.ts'
import { sumUp } from '../take-home/index.ts'
import type { RoomRuntime } from './room-runtime.ts'

export type ClassRuntime = Pick<RoomRuntime, 'journal' | 'people' | 'notes' | 'git' | 'takeHome'>

/** Everything, and the state that it was in; one that changed meanwhile is not given as done. */
export async function* archiveClass({ takeHome }: ClassRuntime, signal: AbortSignal): AsyncGenerator<ClassArchiveItem> {
  const state = await takeHome.state()
  for await (const bytes of takeHome.wholeClass(signal))
    yield { kind: 'bytes', base64: Buffer.from(bytes).toString('base64') }
  if ((await takeHome.state()) !== state)
    throw new JoineryError('CLASS_CHANGED', 'somebody worked while the archive was made')
  yield { kind: 'done', state }
}

/**
 * Accounts of learners and helpers, all notes and all repositories go, on every device: also on those that are off now, as soon as they come back.
 * Facilitators keep their accounts: somebody has to run the room. Each thing is compared once more right before it goes: what is not as it was archived stays.
 *
 * @param state of the archive
 * @throws JoineryError `CLASS_CHANGED`: it holds no longer all there is, and nothing is removed; `CLASS_PARTLY_KEPT`: somebody worked while the class was removed
 */
export async function beginNewClass(runtime: ClassRuntime, state: string): Promise<NewClassResult> {
  const { people, notes, git } = runtime
  const { works } = runtime.takeHome
  const archived = await works.lines()
  if (sumUp(archived) !== state) throw new JoineryError('CLASS_CHANGED', 'the class is not as it was archived')
  const result: NewClassResult = { people: 0, notes: 0, repositories: 0 }
  const directory = git && 'agreement' in git ? git.agreement.directory : undefined
  for (const { id } of notes?.list() ?? []) {
    const line = await works.noteLine(id)
    if (line === undefined || !archived.has(line)) continue
    await notes?.remove(id)
    result.notes++
  }
  if (result.notes > 0) await eraseTitles(runtime)
  // Each account after its repositories: when this is interrupted, what is left still has an owner, and doing it again goes on.
  for (const person of people.list()) {
    for (const repository of directory?.ofOwner(person.id) ?? []) {
      if (!archived.has(works.repositoryLine(repository))) continue
      await directory?.remove(repository.id)
      result.repositories++
    }
    if (person.role === 'facilitator' || (directory?.ofOwner(person.id) ?? []).length > 0) continue
    if (!archived.has(works.personLine(person))) continue
    await people.remove(person.id)
    result.people++
  }
  const left = await works.lines()
  for (const person of people.list()) if (person.role === 'facilitator') left.delete(works.personLine(person))
  if (left.size > 0) throw new JoineryError('CLASS_PARTLY_KEPT', `${left.size} of what was written meanwhile stay`)
  return result
}

/** Of notes that are gone. Those that stay are named again. */
async function eraseTitles({ journal, notes }: ClassRuntime): Promise<void> {
  const stay = notes?.list() ?? []
  await journal.erase(NOTES_TOPIC)
  for (const { id, title } of stay) await notes?.rename(id, title)
}
