/** CodeMirror 6 on a Y.Text. Loaded only when a note is opened. */
import { defaultKeymap } from '@codemirror/commands'
import { deleteMarkupBackward, insertNewlineContinueMarkup, markdownLanguage } from '@codemirror/lang-markdown'
import { LanguageSupport, syntaxHighlighting } from '@codemirror/language'
import { EditorState } from '@codemirror/state'
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import type { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { markdownStyle } from './markdown-style.ts'
import { remoteCursors } from './remote-cursors.ts'
import type { NoteTexts } from './texts.ts'

export interface NoteEditorOptions {
  parent: HTMLElement
  text: Y.Text
  awareness: Awareness
  texts: NoteTexts
  /** Of the page's policy: CodeMirror adds one style sheet. */
  nonce: string
}

export function createNoteEditor({ parent, text, awareness, texts, nonce }: NoteEditorOptions): EditorView {
  return new EditorView({
    parent,
    state: EditorState.create({
      doc: text.toString(),
      extensions: [
        EditorView.cspNonce.of(nonce),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': texts.editor,
          'aria-multiline': 'true',
          spellcheck: 'true',
          autocapitalize: 'sentences'
        }),
        drawSelection(),
        placeholder(texts.placeholder),
        new LanguageSupport(markdownLanguage),
        syntaxHighlighting(markdownStyle),
        yCollab(text, null, { undoManager: new Y.UndoManager(text) }),
        remoteCursors(text, awareness, texts.guest(0)),
        // Tab leaves the editor, as in every other field: keyboards must find a way out.
        keymap.of([
          { key: 'Enter', run: insertNewlineContinueMarkup },
          { key: 'Backspace', run: deleteMarkupBackward },
          ...yUndoManagerKeymap,
          ...defaultKeymap
        ])
      ]
    })
  })
}
