/** What is left to do after a device was stolen: which invitations to make again, and which devices to look at. */
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { stolenTextsIn } from './stolen-texts.ts'
import { roomTextsIn } from './texts.ts'

export interface ShownStolen {
  name: string
  invitations: readonly { id: string; usesLeft: number }[]
  toCheck: readonly string[]
}

/** As in the list of invitations. */
const SHOWN_ID_CHARACTERS = 8

export function renderStolenPage({ name, invitations, toCheck }: ShownStolen, visitor: Visitor): string {
  const words = stolenTextsIn(visitor.language)
  const list = (lines: readonly Html[]): Html =>
    html`<ul class="plain">${lines.map((line) => html`<li>${line}</li>`)}</ul>`
  return renderPage({
    title: words.title(name),
    heading: words.title(name),
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/room', text: roomTextsIn(visitor.language).content.back },
    main: html`<div class="flow">
<section class="card lead"><p>${words.done}</p></section>
<section class="card" aria-labelledby="again-title">
<h2 id="again-title">${words.again}</h2>
${
  invitations.length === 0
    ? html`<p class="faint">${words.noneAgain}</p>`
    : html`<p class="explain">${words.againExplain}</p>${list(
        invitations.map(
          ({ id, usesLeft }) =>
            html`<strong class="mono">${id.slice(0, SHOWN_ID_CHARACTERS)}</strong> <span class="faint">${words.left(usesLeft)}</span>`
        )
      )}<p><a class="button button-strong" href="/room/invitations">${words.make}</a></p>`
}
</section>
<section class="card" aria-labelledby="check-title">
<h2 id="check-title">${words.check}</h2>
${
  toCheck.length === 0
    ? html`<p class="faint">${words.noneToCheck}</p>`
    : html`<p class="explain">${words.checkExplain}</p>${list(toCheck.map((one) => html`<strong>${one}</strong>`))}`
}
</section>
</div>`
  })
}
