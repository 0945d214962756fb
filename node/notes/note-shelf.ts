/**
 * Which notes are in memory. A note is read when somebody opens it, stays a little while after the last one left, and goes with a local
 * snapshot so that the next reading is short.
 */
import { JoineryError } from '../../protocols/errors.ts'
import type { Entry, JournalAccess } from '../../protocols/journal.ts'
import { noteTopic } from '../../protocols/note-facts.ts'
import type { Clock } from '../platform/clock.ts'
import * as limits from './limits.ts'
import { OpenNote, type OpenNoteComponents } from './open-note.ts'
import type { SnapshotStore } from './snapshot-store.ts'

export interface NoteShelfComponents extends OpenNoteComponents {
  clock: Clock
  journal: JournalAccess
  snapshots: SnapshotStore
  onShelfChanged(): void
}

interface Place {
  note: OpenNote
  /** Resolves once the note has all entries. */
  ready: Promise<OpenNote>
  loaded: boolean
  closing: Promise<void> | undefined
}

export class NoteShelf {
  readonly #components: NoteShelfComponents
  readonly #places = new Map<string, Place>()

  constructor(components: NoteShelfComponents) {
    this.#components = components
  }

  /** Opened and read to the end. */
  get(id: string): OpenNote | undefined {
    const place = this.#places.get(id)
    return place?.loaded && place.closing === undefined ? place.note : undefined
  }

  ids(): string[] {
    return [...this.#places].flatMap(([id, place]) => (place.loaded && place.closing === undefined ? [id] : []))
  }

  *notes(): Iterable<OpenNote> {
    for (const { note, loaded, closing } of this.#places.values()) if (loaded && closing === undefined) yield note
  }

  /** @throws JoineryError `NOTES_BUSY` */
  async open(id: string): Promise<OpenNote> {
    const place = this.#places.get(id)
    if (place?.closing !== undefined) {
      await place.closing
      return this.open(id)
    }
    if (place) return place.ready
    await this.#makeRoom()
    return this.#places.get(id)?.ready ?? this.#load(id)
  }

  #load(id: string): Promise<OpenNote> {
    const note = new OpenNote(this.#components, id)
    const place: Place = { note, ready: this.#read(note), loaded: false, closing: undefined }
    this.#places.set(id, place)
    place.ready = place.ready.then(
      () => {
        place.loaded = true
        this.#components.onShelfChanged()
        return note
      },
      (error: unknown) => {
        this.#places.delete(id)
        throw error
      }
    )
    return place.ready
  }

  async #read(note: OpenNote): Promise<OpenNote> {
    await this.#components.snapshots.load(note.id, note.document)
    let some: Entry[] = []
    for await (const entry of this.#components.journal.entriesOf(noteTopic(note.id))) {
      some.push(entry)
      if (some.length < limits.READ_ENTRIES) continue
      note.document.applyEntries(some)
      note.entriesSinceSnapshot += some.length
      some = []
    }
    note.document.applyEntries(some)
    note.entriesSinceSnapshot += some.length
    // What came meanwhile was kept by `takeEntries`.
    note.finishLoading()
    return note
  }

  /** Entries of any notes; those that nobody has open stay on the disk. */
  takeEntries(id: string, entries: readonly Entry[]): void {
    this.#places.get(id)?.note.takeEntries(entries)
  }

  /** Ends a note that was removed. What it still has to write is of no use, and is erased as soon as it is written. */
  async drop(id: string): Promise<void> {
    const place = this.#places.get(id)
    if (!place) return
    await place.ready.catch(() => undefined)
    place.note.endRemoved()
    this.#close(id, place)
    await place.closing
  }

  /** Closes notes that nobody uses. */
  sweep(nowMs: number): void {
    for (const [id, place] of this.#places) {
      if (place.note.isIdle && nowMs - place.note.lastUsedMs > limits.IDLE_NOTE_MS) this.#close(id, place)
    }
  }

  async #makeRoom(): Promise<void> {
    while (this.#places.size >= limits.MAX_OPEN_NOTES) {
      const closing = [...this.#places.values()].find((place) => place.closing !== undefined)
      if (closing?.closing !== undefined) {
        await closing.closing
        continue
      }
      const [id, place] = [...this.#places]
        .filter(([, one]) => one.loaded && one.note.isIdle)
        .sort((a, b) => a[1].note.lastUsedMs - b[1].note.lastUsedMs)[0] ?? [undefined, undefined]
      if (!place) throw new JoineryError('NOTES_BUSY', 'too many notes are open')
      this.#close(id, place)
      await place.closing
    }
  }

  #close(id: string, place: Place): void {
    if (place.closing !== undefined || !place.loaded) return
    place.closing = this.#putAway(place.note).finally(() => {
      this.#places.delete(id)
      this.#components.onShelfChanged()
    })
  }

  async #putAway(note: OpenNote): Promise<void> {
    await note.flush()
    await this.#save(note)
    await note.stop()
  }

  async #save(note: OpenNote): Promise<void> {
    if (note.entriesSinceSnapshot < limits.SNAPSHOT_AFTER_ENTRIES || !note.isSettled) return
    // Without it the next reading is longer, and that is all.
    await this.#components.snapshots.save(note.id, note.document).catch(this.#components.onFailure)
  }

  async stop(): Promise<void> {
    await Promise.all(
      [...this.#places].map(async ([id, place]) => {
        await place.ready.catch(() => undefined)
        this.#close(id, place)
        await place.closing
      })
    )
  }
}
