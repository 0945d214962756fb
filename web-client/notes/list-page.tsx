/** All notes, and a field to make one. */
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type NoteLine, noteApi } from './note-api.ts'
import type { NoteTexts } from './texts.ts'

const REFRESH_MS = 5_000

export function ListPage({ texts }: { texts: NoteTexts }) {
  useEffect(() => {
    void refresh(texts)
    const timer = setInterval(() => void refresh(texts), REFRESH_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <div class="flow">
      <form
        class="card new-note"
        onSubmit={(event) => {
          event.preventDefault()
          const input = event.currentTarget.elements.namedItem('title')
          if (input instanceof HTMLInputElement) void create(input.value)
        }}
      >
        <h2>{texts.newNote}</h2>
        <div class="line">
          <label class="for-readers" for="new-title">
            {texts.titleOfNew}
          </label>
          <input
            id="new-title"
            name="title"
            required
            maxLength={120}
            placeholder={texts.titlePlaceholder}
            autocomplete="off"
          />
          <button class="button button-strong" type="submit">
            {texts.create}
          </button>
        </div>
        {problem.value && (
          <p class="note-message" role="alert">
            {problem.value}
          </p>
        )}
      </form>
      <section class="card" aria-labelledby="all-notes">
        <h2 id="all-notes">{texts.allNotes}</h2>
        {notes.value === undefined ? null : notes.value.length === 0 ? (
          <p class="faint">{texts.empty}</p>
        ) : (
          <ul class="note-list">
            {notes.value.map((note) => (
              <li key={note.id}>
                <a href={`/notes/${note.id}`}>
                  <strong>{note.title}</strong>
                  <span class="faint">
                    {note.readers > 0 ? texts.here(note.readers) : note.written ? `/notes/${note.id}` : texts.noText}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </section>
    </div>
  )
}

const notes = signal<NoteLine[] | undefined>(undefined)
const problem = signal<string | undefined>(undefined)

async function refresh(texts: NoteTexts): Promise<void> {
  try {
    notes.value = await noteApi.list()
    if (problem.value === texts.listFailed) problem.value = undefined
  } catch {
    problem.value = texts.listFailed
  }
}

async function create(title: string): Promise<void> {
  try {
    const note = await noteApi.create(title)
    location.assign(`/notes/${note.id}`)
  } catch (error) {
    problem.value = error instanceof Error ? error.message : String(error)
  }
}
