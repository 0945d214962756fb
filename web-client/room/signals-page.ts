/** `/signals`: one's own sticky and hand on a page of their own, which lessons lead to. */
import { html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { renderSignalBar } from './signal-bar.ts'
import { signalTextsIn } from './signal-texts.ts'

export function renderSignalsPage(visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = signalTextsIn(visitor.language)
  const { person, ...rest } = visitor
  const { signal, ...name } = person ?? { signal: undefined, name: '', shownName: '', mustChoose: false }
  return renderPage({
    title: words.title,
    heading: words.title,
    tagline: words.pageExplain,
    texts,
    // The bar stands in the page, and not at its foot too.
    visitor: person ? { ...rest, person: name } : rest,
    link: { href: '/', text: texts.firstPage },
    main: signal
      ? html`<div class="card narrow">${renderSignalBar(signal, '/signals', visitor.language)}
<p class="faint">${words.pageClose}</p></div>`
      : html`<div class="card narrow"><p>${person ? words.nobodySees : words.signInFirst}</p>
${!person && html`<p class="buttons"><a class="button button-strong" href="/sign-in?next=/signals">${texts.account.signIn}</a></p>`}</div>`
  })
}
