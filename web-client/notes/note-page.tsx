/** One note: its title, its people, what is saved, and the editor. */
import { computed, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { IndexeddbPersistence } from 'y-indexeddb'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { type Me, saveMe } from './browser-store.ts'
import { noteApi } from './note-api.ts'
import { createNoteEditor } from './note-editor.ts'
import { NoteSocket, type SocketState } from './note-socket.ts'
import { cleanName, initialsOf, LOOK_COLOURS, type Person, readPerson } from './people.ts'
import { RoomOrigins } from './room-origins.ts'
import { ALONE_AFTER_MS, describeSaving } from './saving-state.ts'
import type { NoteTexts } from './texts.ts'

interface NotePageOptions {
  id: string
  texts: NoteTexts
  me: Me
  /** Of a signed-in person; see `NoteShell.ticket`. */
  ticket: string | undefined
  nonce: string
}

/** Names the browser's own copy; another version of its format would be another name. */
const STORE_PREFIX = 'joinery-note-1/'
/** Text of the shared document; `TEXT_NAME` of node/notes. */
const TEXT_NAME = 'text'
/** A browser store that does not open (private windows, full disks) must not hold up the note. */
const STORE_TIMEOUT_MS = 2_000

export function NotePage({ id, texts, me, ticket, nonce }: NotePageOptions) {
  const parent = useRef<HTMLDivElement>(null)
  const page = useRef<OpenPage | undefined>(undefined)
  page.current ??= new OpenPage({ id, texts, me, ticket, nonce })
  const open = page.current
  useEffect(() => {
    if (parent.current) open.start(parent.current)
    return () => open.stop()
  }, [])
  return (
    <>
      <header class="note-head">
        <TitleForm open={open} texts={texts} />
        <p class={`saving saving-${open.saving.value.tone}`} role="status">
          <span class="saving-sign" aria-hidden="true" />
          {open.saving.value.text}
        </p>
      </header>
      {open.message.value && (
        <p class="note-message" role="alert">
          {open.message.value}
        </p>
      )}
      <div class="note-columns">
        <section class="card note-text" aria-label={texts.editor}>
          {!open.ready.value && <p class="faint note-loading">{texts.loading}</p>}
          <div ref={parent} />
        </section>
        <aside class="note-side">
          <People open={open} texts={texts} />
          <p class="note-side-links">
            <a class="button" href={noteApi.textAddress(id)} download={`${id}.md`}>
              {texts.download}
            </a>
          </p>
          <p class="faint note-connection">{open.connection.value}</p>
        </aside>
      </div>
    </>
  )
}

function TitleForm({ open, texts }: { open: OpenPage; texts: NoteTexts }) {
  return (
    <form
      class="note-title"
      onSubmit={(event) => {
        event.preventDefault()
        const input = event.currentTarget.elements.namedItem('title')
        if (input instanceof HTMLInputElement) void open.rename(input.value)
      }}
    >
      <input
        name="title"
        aria-label={texts.title}
        value={open.title.value}
        maxLength={120}
        autocomplete="off"
        onBlur={(event) => void open.rename(event.currentTarget.value)}
      />
    </form>
  )
}

function People({ open, texts }: { open: OpenPage; texts: NoteTexts }) {
  const others = open.others.value
  return (
    <section class="card people" aria-labelledby="people-title">
      <h2 id="people-title">{texts.people}</h2>
      <div class="person-row">
        <Badge person={open.me.value} />
        <label class="for-readers" for="my-name">
          {texts.yourName}
        </label>
        <input
          id="my-name"
          class="my-name"
          value={open.me.value.name}
          maxLength={40}
          autocomplete="nickname"
          onInput={(event) => open.setName(event.currentTarget.value)}
        />
        <span class="faint">{texts.you}</span>
      </div>
      {others.length === 0 ? (
        <p class="faint">{texts.onlyYou}</p>
      ) : (
        <ul>
          {others.map(({ clientId, person }) => (
            <li key={clientId} class="person-row">
              <Badge person={person} />
              <span class="person-name">{person.name}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Badge({ person }: { person: Person }) {
  return (
    <span class={`badge person-${person.look}`} aria-hidden="true">
      {initialsOf(person.name)}
    </span>
  )
}

/** Everything behind the page, from the document to its sockets. */
class OpenPage {
  readonly me
  readonly title
  readonly message = signal<string | undefined>(undefined)
  readonly others = signal<{ clientId: number; person: Person }[]>([])
  readonly ready = signal(false)
  readonly #socket = signal<SocketState | undefined>(undefined)
  readonly #kept = signal(true)
  /** Moves on while a sentence depends on how long ago something was. */
  readonly #now = signal(0)
  readonly #options: NotePageOptions
  // gc off: every copy of the document keeps what history needs.
  readonly #doc = new Y.Doc({ gc: false })
  readonly #awareness = new Awareness(this.#doc)
  readonly #stops: (() => void)[] = []
  #store: IndexeddbPersistence | undefined

  readonly saving = computed(() => {
    const socket = this.#socket.value
    return describeSaving(
      {
        connection: socket?.connection ?? 'connecting',
        unsaved: socket?.unsaved ?? false,
        saved: socket?.saved ?? false,
        devices: socket?.devices ?? 1,
        sinceSavedMs: this.#now.value - (socket?.savedAtMs ?? 0),
        kept: this.#kept.value
      },
      this.#options.texts
    )
  })

  readonly connection = computed(() => {
    const { texts } = this.#options
    const socket = this.#socket.value
    if (!socket || socket.connection === 'connecting') return texts.connecting
    if (socket.connection === 'closed') return texts.offline
    return socket.origin === location.origin
      ? texts.connected
      : texts.connectedElsewhere(new URL(socket.origin).hostname)
  })

  constructor(options: NotePageOptions) {
    this.#options = options
    this.me = signal(options.me)
    this.title = signal(options.id)
  }

  start(parent: HTMLElement): void {
    this.#tellPerson()
    this.#awareness.on('change', this.#readOthers)
    this.#stops.push(() => this.#awareness.off('change', this.#readOthers))
    void this.#readTitle()
    void this.#open(parent)
  }

  async #open(parent: HTMLElement): Promise<void> {
    const { id, texts, nonce, me, ticket } = this.#options
    await this.#loadStore()
    const origins = new RoomOrigins(location.origin)
    const socket = new NoteSocket(
      { doc: this.#doc, awareness: this.#awareness, note: id, token: me.token, ticket, origins: () => origins.all() },
      (event) => {
        if (event.kind === 'state') this.#takeState(event.state)
        else if (event.kind === 'refused') this.message.value = refusalText(event.code, texts)
        else void this.#loadAnew()
      }
    )
    const view = createNoteEditor({
      parent,
      text: this.#doc.getText(TEXT_NAME),
      awareness: this.#awareness,
      texts,
      nonce
    })
    this.ready.value = true
    if (matchMedia('(pointer: fine)').matches) view.focus()
    this.#stops.push(
      () => socket.stop(),
      () => origins.stop(),
      () => view.destroy()
    )
  }

  /** Text that was typed while no device answered is here. */
  async #loadStore(): Promise<void> {
    try {
      const store = new IndexeddbPersistence(`${STORE_PREFIX}${this.#options.id}`, this.#doc)
      this.#store = store
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), STORE_TIMEOUT_MS))
      this.#kept.value = (await Promise.race([store.whenSynced, late])) !== 'late'
    } catch {
      this.#kept.value = false
    }
  }

  #takeState(state: SocketState): void {
    this.#socket.value = state
    this.#now.value = performance.now()
    if (state.saved && state.devices === 1)
      setTimeout(() => {
        this.#now.value = performance.now()
      }, ALONE_AFTER_MS + 50)
  }

  readonly #readOthers = (): void => {
    const others: { clientId: number; person: Person }[] = []
    for (const [clientId, state] of this.#awareness.getStates()) {
      if (clientId !== this.#doc.clientID)
        others.push({ clientId, person: readPerson(state, this.#options.texts.guest(0)) })
    }
    this.others.value = others.sort((a, b) => a.person.name.localeCompare(b.person.name) || a.clientId - b.clientId)
  }

  setName(text: string): void {
    const name = cleanName(text)
    if (!name) return
    this.me.value = { ...this.me.value, name, chosen: true }
    saveMe(this.me.value)
    this.#tellPerson()
  }

  #tellPerson(): void {
    const { name, look } = this.me.value
    this.#awareness.setLocalStateField('user', { name, look, color: LOOK_COLOURS[look] })
  }

  async #readTitle(): Promise<void> {
    const note = (await noteApi.list().catch(() => [])).find(({ id }) => id === this.#options.id)
    if (note) this.#showTitle(note.title)
  }

  #showTitle(title: string): void {
    this.title.value = title
    document.title = `${title} · ${this.#options.texts.notes}`
  }

  async rename(title: string): Promise<void> {
    if (title.trim() === '' || title === this.title.value) return
    try {
      this.#showTitle((await noteApi.rename(this.#options.id, title)).title)
      this.message.value = undefined
    } catch {
      this.message.value = this.#options.texts.renameFailed
    }
  }

  /** The node built the note anew: our copy may hold what no other replica has, so it goes. */
  async #loadAnew(): Promise<void> {
    this.message.value = this.#options.texts.rebuilt
    await this.#store?.clearData()
    location.reload()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#doc.destroy()
  }
}

function refusalText(code: string, texts: NoteTexts): string {
  if (code === 'NOTE_FULL' || code === 'TOO_LARGE') return texts.refused.full
  if (code === 'NOTE_REMOVED') return texts.refused.removed
  return code === 'NOTE_FOREIGN_TEXT' ? texts.refused.foreign : texts.refused.other
}
