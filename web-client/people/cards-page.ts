/** `/people/cards`: new accounts as cards to print and cut, eight on a page. */
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { qrCode } from '../qr-code.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { peopleTextsIn } from './texts.ts'

export interface Card {
  name: string
  shownName: string
  code: string
}

/** @param address of the room: `http://192.168.1.20:8080` */
export function renderCardsPage(cards: readonly Card[], address: string, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = peopleTextsIn(visitor.language)
  return renderPage({
    title: words.cards.title,
    heading: words.cards.title,
    tagline: words.cards.explain,
    texts,
    visitor,
    link: { href: '/people', text: words.people.title },
    main: html`<div class="flow">
<section class="card screen-only">
<p>${words.cards.count(cards.length)}</p>
<form method="post" action="/people/cards-done"><button class="button button-strong" type="submit">${words.cards.done}</button></form>
</section>
<ul class="cards">${cards.map((card) => renderCard(card, address, words.code))}</ul>
</div>`
  })
}

function renderCard(
  { name, shownName, code }: Card,
  address: string,
  words: { name: string; code: string; git: string }
): Html {
  const signIn = `${address}/sign-in`
  return html`<li>
${qrCode(signIn, signIn)}
<div><h2>${shownName}</h2>
<p class="mono">${address.replace('http://', '')}</p>
<p class="faint">${words.name}</p><p class="mono">${name}</p>
<p class="faint">${words.code}</p><p class="mono">${code}</p></div>
</li>`
}
