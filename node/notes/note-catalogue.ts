/** Which notes there are: titles, making, naming and removing them. What is in them is not known here. */
import { JoineryError } from '../../protocols/errors.ts'
import { compareStamps, type FoldView, type Stamp } from '../../protocols/journal.ts'
import {
  cleanTitle,
  encodeNoteNamed,
  encodeNoteRemoved,
  isNoteId,
  NOTE_FACT_VERSION,
  NOTE_NAMED_KIND,
  NOTE_REMOVED_KIND,
  NOTES_REMOVED_TOPIC,
  NOTES_TOPIC,
  noteTopic
} from '../../protocols/note-facts.ts'
import type { Random } from '../platform/random.ts'
import { MAX_NOTES } from './limits.ts'
import { newNoteId } from './note-id.ts'
import type { NotesJournal } from './notes.ts'
import type { NoteIndex } from './title-fold.ts'

/** A line of the list, without who has it open. */
export interface CatalogueLine {
  id: string
  title: string
  /** It has text. */
  written: boolean
}

export class NoteCatalogue {
  readonly #journal: NotesJournal
  readonly #random: Random
  readonly #index: FoldView<NoteIndex>

  constructor(components: { journal: NotesJournal; random: Random; index: FoldView<NoteIndex> }) {
    this.#journal = components.journal
    this.#random = components.random
    this.#index = components.index
  }

  /** A note that is only typed into the address bar is made when something is written in it, as long as there is room for one more. */
  mayExist(id: string): boolean {
    return this.#exists(id) || this.#count() < MAX_NOTES
  }

  isRemoved(id: string): boolean {
    return this.#index.state.removed.has(id)
  }

  /** Last written first. */
  lines(): CatalogueLine[] {
    const { titles, texts } = this.#index.state
    const lastOf = (id: string): Stamp => (texts.get(id) ?? titles.get(id)?.stamp) as Stamp
    return [...new Set([...titles.keys(), ...texts.keys()])]
      .sort((a, b) => compareStamps(lastOf(b), lastOf(a)))
      .map((id) => this.#line(id))
  }

  /** @throws JoineryError `NOT_FOUND` */
  line(id: string): CatalogueLine {
    if (!isNoteId(id) || !this.#exists(id)) throw new JoineryError('NOT_FOUND', 'no such note')
    return this.#line(id)
  }

  async create(text: string): Promise<CatalogueLine> {
    const title = readTitle(text)
    if (this.#count() >= MAX_NOTES) throw new JoineryError('NOTES_TOO_MANY', 'too many notes')
    const id = newNoteId(title, this.#random)
    await this.#name(id, title)
    return { ...this.#line(id), title }
  }

  async rename(id: string, text: string): Promise<CatalogueLine> {
    this.line(id)
    const title = readTitle(text)
    await this.#name(id, title)
    return { ...this.#line(id), title }
  }

  async remove(id: string): Promise<void> {
    this.line(id)
    await this.#journal.append([
      {
        topic: NOTES_REMOVED_TOPIC,
        kind: NOTE_REMOVED_KIND,
        version: NOTE_FACT_VERSION,
        critical: true,
        audience: 'room',
        body: encodeNoteRemoved(id)
      }
    ])
    await this.#journal.erase(noteTopic(id))
  }

  /** Whoever removed a note could only erase the text that it had heard of, and the power may have failed before it erased that. */
  async eraseLeft(id: string): Promise<void> {
    if (!this.#index.state.kept.has(id)) return
    for await (const { body } of this.#journal.entriesOf(noteTopic(id))) {
      if (body === undefined) continue
      await this.#journal.erase(noteTopic(id))
      return
    }
  }

  async #name(id: string, title: string): Promise<void> {
    await this.#journal.append([
      {
        topic: NOTES_TOPIC,
        kind: NOTE_NAMED_KIND,
        version: NOTE_FACT_VERSION,
        audience: 'room',
        body: encodeNoteNamed({ id, title })
      }
    ])
  }

  #exists(id: string): boolean {
    return this.#index.state.titles.has(id) || this.#index.state.texts.has(id)
  }

  #count(): number {
    const { titles, texts } = this.#index.state
    let count = titles.size
    for (const id of texts.keys()) if (!titles.has(id)) count++
    return count
  }

  #line(id: string): CatalogueLine {
    const { titles, texts } = this.#index.state
    return { id, title: titles.get(id)?.title ?? id, written: texts.has(id) }
  }
}

/** @throws JoineryError `NOTE_NAME_INVALID` */
function readTitle(text: string): string {
  const title = cleanTitle(text)
  if (!title) throw new JoineryError('NOTE_NAME_INVALID', 'a title needs a letter')
  return title
}
