/** `/people/cards`: new accounts as cards to print and cut, eight on a page. */
import { MAX_WIFI_NAME_BYTES, MAX_WIFI_PASSWORD_CHARACTERS, type Wifi, wifiCode } from '../../protocols/wifi-facts.ts'
import { type FormProblem, renderField } from '../form.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { qrCode } from '../qr-code.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type PeopleTexts, peopleTextsIn } from './texts.ts'

export interface Card {
  name: string
  shownName: string
  code: string
}

export interface CardsView {
  cards: readonly Card[]
  /** Of the room: `http://192.168.1.20:8080`. */
  address: string
  wifi?: Wifi
  maySetWifi: boolean
  problem?: FormProblem
}

export function renderCardsPage(view: CardsView, visitor: Visitor): string {
  const { cards, address, wifi } = view
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
${view.maySetWifi && renderWifiForm(view, words)}
<ul class="cards">${cards.map((card) => renderCard(card, address, wifi, words))}</ul>
</div>`
  })
}

function renderCard(
  { name, shownName, code }: Card,
  address: string,
  wifi: Wifi | undefined,
  words: PeopleTexts
): Html {
  const signIn = `${address}/sign-in`
  return html`<li>
<h2>${shownName}</h2>
${
  wifi &&
  html`<div class="card-step">${qrCode(wifiCode(wifi), words.wifi.step)}<div><p class="faint">${words.wifi.step}</p><p class="mono">${wifi.name}</p>${
    wifi.password !== '' && html`<p class="faint">${words.wifi.password}</p><p class="mono">${wifi.password}</p>`
  }</div></div>`
}
<div class="card-step">${qrCode(signIn, signIn)}<div>
<p class="mono">${address.replace('http://', '')}</p>
<p class="faint">${words.code.name}</p><p class="mono">${name}</p>
<p class="faint">${words.code.code}</p><p class="mono">${code}</p></div></div>
</li>`
}

function renderWifiForm({ wifi, problem }: CardsView, words: PeopleTexts): Html {
  return html`<section class="card screen-only narrow" aria-labelledby="wifi-title">
<h2 id="wifi-title">${words.wifi.title}</h2>
<p>${words.wifi.explain}</p>
<form class="form" method="post" action="/people/wifi">
${renderField({
  name: 'wifi-name',
  label: words.wifi.name,
  value: wifi?.name ?? '',
  problem,
  autocomplete: 'off',
  required: false,
  maxLength: MAX_WIFI_NAME_BYTES
})}
${renderField({
  name: 'wifi-password',
  label: words.wifi.password,
  hint: words.wifi.open,
  value: wifi?.password ?? '',
  problem,
  autocomplete: 'off',
  secret: true,
  required: false,
  maxLength: MAX_WIFI_PASSWORD_CHARACTERS
})}
<button class="button" type="submit">${words.naming.save}</button>
</form>
</section>`
}
