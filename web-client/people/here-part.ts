/** Who is here, where, and who is stuck: a part of the dashboard that stands on `/people`, where the buttons about people are. */
import type { PlaceGlance, PresentGlance, RoomGlance } from '../../protocols/room-glance.ts'
import { formatTime } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { type HereTexts, hereTextsIn } from './here-texts.ts'

export function renderHere(glance: RoomGlance, { language }: { language: Language }): Html {
  const words = hereTextsIn(language)
  const people = Object.entries(glance.present).sort(([, a], [, b]) => urgency(a) - urgency(b) || byTime(a, b))
  const here = people.filter(([, { at }]) => at.some(({ awayMs }) => awayMs === 0)).length
  const names = new Map(glance.devices.map(({ id, name }) => [id, name]))
  const nameOf = (id: string): string => names.get(id) ?? id.slice(-8)
  return html`<section class="card" id="here" aria-labelledby="here-title">
<h2 id="here-title">${words.title}</h2>
<p class="explain">${words.explain}</p>
${people.length === 0 ? html`<p class="faint">${words.nobody}</p>` : html`<p class="counts">${words.counts(here, people.length - here)}</p>`}
${
  people.length > 0 &&
  html`<ul class="plain people-signals">${people.map(
    ([id, { shownName, at, sticky, hand, signalMs }]) =>
      html`<li><strong><a href="#person-${id}">${shownName}<span class="for-readers"> (${words.account})</span></a></strong> ${
        sticky && html`<span class="state ${sticky === 'red' ? 'bad' : 'good'}">${words[sticky]}</span> `
      }${hand && html`<span class="state wait">${words.hand}</span> `}${
        signalMs !== undefined &&
        (sticky || hand) &&
        html`<span class="faint">${words.since(formatTime(signalMs, language))}</span> `
      }<span class="faint">${at.length === 0 ? words.nowhere : at.map((place) => renderPlace(place, nameOf, words, language)).join(' · ')}</span></li>`
  )}</ul>`
}
</section>`
}

function renderPlace(
  { id, sinceMs, awayMs }: PlaceGlance,
  nameOf: (id: string) => string,
  words: HereTexts,
  language: Language
): string {
  return awayMs === 0
    ? words.on(nameOf(id), formatTime(sinceMs, language))
    : words.away(nameOf(id), formatTime(awayMs, language))
}

/** Who needs somebody stands first, whoever waits longest before the others; then who is here, by name. */
function urgency({ sticky, hand, at }: PresentGlance): number {
  if (sticky === 'red') return 0
  if (hand) return 1
  return at.some(({ awayMs }) => awayMs === 0) ? 2 : 3
}

function byTime(a: PresentGlance, b: PresentGlance): number {
  const waits = urgency(a) < 2 ? (b.signalMs ?? 0) - (a.signalMs ?? 0) : 0
  return waits || (a.shownName < b.shownName ? -1 : a.shownName > b.shownName ? 1 : 0)
}
