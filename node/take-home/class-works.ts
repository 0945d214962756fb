/** What a class has made, each thing summed up in a line that is another one after anything that people did to it. */
import { hex } from '../../protocols/certificate.ts'
import type { Repository } from '../../protocols/git.ts'
import type { Person } from '../../protocols/people.ts'
import { sha256 } from '../platform/hash.ts'
import { ifGone } from './gone.ts'
import type { TakeHomeComponents } from './take-home.ts'

export type ClassWorksComponents = Pick<TakeHomeComponents, 'people' | 'notes' | 'repositories'>

export class ClassWorks {
  readonly #components: ClassWorksComponents

  constructor(components: ClassWorksComponents) {
    this.#components = components
  }

  /** Of everything that is here now. */
  async lines(): Promise<Set<string>> {
    const { people, notes, repositories } = this.#components
    const lines = new Set<string>()
    for (const { id } of notes?.list() ?? []) {
      const line = await this.noteLine(id)
      if (line !== undefined) lines.add(line)
    }
    for (const person of people.list()) {
      lines.add(this.personLine(person))
      for (const repository of repositories?.directory.ofOwner(person.id) ?? [])
        lines.add(this.repositoryLine(repository))
    }
    return lines
  }

  /** @returns undefined when there is no such note any more */
  async noteLine(id: string): Promise<string | undefined> {
    const note = await this.#components.notes?.exportText(id).catch(ifGone)
    return note && JSON.stringify(['note', id, note.title, hashOf(note.text)])
  }

  personLine({ id, name, shownName, role }: Person): string {
    return JSON.stringify(['person', id, name, shownName, role])
  }

  repositoryLine({ id, name }: Pick<Repository, 'id' | 'name'>): string {
    const refs = [...(this.#components.repositories?.directory.refs(id) ?? [])].sort()
    return JSON.stringify(['repository', id, name, refs])
  }
}

/** Hexadecimal; equal for the same lines in any order. */
export function sumUp(lines: ReadonlySet<string>): string {
  return hashOf([...lines].sort().join('\n'))
}

function hashOf(text: string): string {
  return hex(sha256(new TextEncoder().encode(text)))
}
