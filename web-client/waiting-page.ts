import { html } from './html.ts'
import type { Language } from './languages.ts'
import { renderPage } from './page-frame.ts'
import { textsIn } from './texts.ts'

export interface WaitingPage {
  language: Language
  /** 1 = the next one. */
  place: number
  waitSeconds: number | undefined
}

/** What a browser shows until the turn of a download comes. It is loaded again every few seconds by a header, so it has no state. */
export function renderWaitingPage({ language, place, waitSeconds }: WaitingPage): string {
  const texts = textsIn(language)
  const { turn } = texts
  return renderPage({
    title: turn.title,
    heading: turn.title,
    texts,
    visitor: { language, system: 'other', path: '/' },
    main: html`<section class="card" aria-live="polite">
<p><strong>${place <= 1 ? turn.next : turn.before(place - 1)}</strong>${
      waitSeconds === undefined
        ? ''
        : html` ${waitSeconds < 60 ? turn.soon : turn.minutes(Math.ceil(waitSeconds / 60))}`
    }</p>
<p>${turn.explain}</p>
<p><a class="button" href="/">${texts.firstPage}</a></p>
</section>`
  })
}
