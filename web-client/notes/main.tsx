/** `/notes/` and `/notes/<id>`: which page the address means. The editor is loaded only for a note. */
import { render } from 'preact'
import { isNoteId } from '../../protocols/note-facts.ts'
import { chooseLanguage } from '../languages.ts'
import { loadMe } from './browser-store.ts'
import { ListPage } from './list-page.tsx'
import './notes.css'
import { noteTextsIn } from './texts.ts'

async function start(root: HTMLElement): Promise<void> {
  const texts = noteTextsIn(chooseLanguage(document.documentElement.lang))
  const id = location.pathname.replace(/^\/notes\//, '')
  if (!isNoteId(id)) {
    render(<ListPage texts={texts} />, root)
    return
  }
  document.body.classList.add('in-note')
  const { NotePage } = await import('./note-page.tsx')
  render(
    <NotePage
      id={id}
      texts={texts}
      me={loadMe(texts.guest, root.dataset.person)}
      ticket={root.dataset.ticket}
      nonce={root.dataset.nonce ?? ''}
    />,
    root
  )
}

const root = document.getElementById('notes')
if (root) void start(root)
