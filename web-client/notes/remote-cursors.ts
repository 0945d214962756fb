/**
 * Other people's cursors and selections in the editor, and ours for them. The awareness fields are those of y-codemirror.next (`user`,
 * `cursor`), so that stock editors see us; looks are classes and not styles, because the page's policy allows no inline style.
 */
import { type Extension, type Range, RangeSet } from '@codemirror/state'
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType
} from '@codemirror/view'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { isRecord, type Person, readPerson } from './people.ts'

export function remoteCursors(text: Y.Text, awareness: Awareness, unnamed: string): Extension {
  return ViewPlugin.define((view) => new RemoteCursors(view, text, awareness, unnamed), {
    decorations: (plugin) => plugin.decorations
  })
}

class RemoteCursors {
  decorations: DecorationSet = RangeSet.empty
  readonly #text: Y.Text
  readonly #awareness: Awareness
  readonly #unnamed: string
  readonly #view: EditorView
  #frame: number | undefined

  constructor(view: EditorView, text: Y.Text, awareness: Awareness, unnamed: string) {
    this.#view = view
    this.#text = text
    this.#awareness = awareness
    this.#unnamed = unnamed
    awareness.on('change', this.#onChange)
    this.#draw()
  }

  /** One drawing per frame, however many people move. */
  readonly #onChange = (): void => {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = undefined
      this.#draw()
      this.#view.dispatch({})
    })
  }

  update(update: ViewUpdate): void {
    if (update.docChanged) this.decorations = this.decorations.map(update.changes)
    if (update.selectionSet || update.focusChanged || update.docChanged) this.#tell(update)
  }

  #tell(update: ViewUpdate): void {
    const state = this.#awareness.getLocalState()
    if (state === null || !update.view.hasFocus) return
    const { anchor, head } = update.state.selection.main
    // The Yjs text is changed by another plugin in the same update: positions are taken once it has.
    queueMicrotask(() => {
      if (head > this.#text.length || anchor > this.#text.length) return
      const cursor = {
        anchor: Y.createRelativePositionFromTypeIndex(this.#text, anchor),
        head: Y.createRelativePositionFromTypeIndex(this.#text, head)
      }
      if (JSON.stringify(cursor) !== JSON.stringify(this.#awareness.getLocalState()?.cursor))
        this.#awareness.setLocalStateField('cursor', cursor)
    })
  }

  #draw(): void {
    const ranges: Range<Decoration>[] = []
    const { doc } = this.#view.state
    for (const [clientId, state] of this.#awareness.getStates()) {
      if (clientId === this.#awareness.clientID) continue
      const cursor = isRecord(state.cursor) ? state.cursor : undefined
      const anchor = this.#indexOf(cursor?.anchor, doc.length)
      const head = this.#indexOf(cursor?.head, doc.length)
      if (anchor === undefined || head === undefined) continue
      const person = readPerson(state, this.#unnamed)
      const [from, to] = anchor < head ? [anchor, head] : [head, anchor]
      if (from < to) ranges.push(Decoration.mark({ class: `cm-person person-${person.look}` }).range(from, to))
      ranges.push(Decoration.widget({ side: head > anchor ? -1 : 1, widget: new Caret(person) }).range(head))
    }
    this.decorations = Decoration.set(ranges, true)
  }

  #indexOf(position: unknown, length: number): number | undefined {
    if (!isRecord(position)) return undefined
    try {
      const relative = Y.createRelativePositionFromJSON(position)
      const absolute = Y.createAbsolutePositionFromRelativePosition(relative, this.#text.doc as Y.Doc)
      return absolute?.type === this.#text ? Math.min(absolute.index, length) : undefined
    } catch {
      // Another client may say anything about its cursor.
      return undefined
    }
  }

  destroy(): void {
    this.#awareness.off('change', this.#onChange)
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame)
  }
}

class Caret extends WidgetType {
  readonly #person: Person

  constructor(person: Person) {
    super()
    this.#person = person
  }

  override eq(other: Caret): boolean {
    return other.#person.name === this.#person.name && other.#person.look === this.#person.look
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span')
    caret.className = `cm-caret person-${this.#person.look}`
    // Read out with the text it would cut words in two; the list of people says who is here.
    caret.ariaHidden = 'true'
    const flag = document.createElement('span')
    flag.className = 'cm-flag'
    flag.textContent = this.#person.name
    caret.append('\u2060', flag, '\u2060')
    return caret
  }

  override get estimatedHeight(): number {
    return -1
  }

  override ignoreEvent(): boolean {
    return true
  }
}
