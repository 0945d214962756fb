/** The parts of the dashboard that follow the room: each one a pure function, rendered by the node and again by the browser when something changed. */
import { type RoomGlance, warningsOf } from '../../protocols/room-glance.ts'
import type { FetchingOverview, WantedOverview } from '../../protocols/room-overview.ts'
import { renderLine, spaced } from '../first-page.ts'
import { formatBytes, formatCount, formatTime } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { renderHere } from '../people/here-part.ts'
import type { RoomContext } from './room-context.ts'
import { renderMap } from './room-map.ts'
import { type WantTexts, wantTextsIn } from './want-texts.ts'

export const ROOM_PARTS: Readonly<Record<string, (glance: RoomGlance, context: RoomContext) => Html>> = {
  warnings: renderWarnings,
  signals: renderSignals,
  here: renderHere,
  waiting: renderWaiting,
  map: renderMap,
  collections: renderCollections,
  clock: renderClock,
  wanted: renderWanted,
  neighbours: renderNeighbours
}

function renderWarnings(glance: RoomGlance, { mayChange, words }: RoomContext): Html {
  // What is to be done about a code and a card is for facilitators.
  const warnings = warningsOf(mayChange ? glance : { ...glance, recovered: [] })
  return html`<section class="card warnings" aria-labelledby="warnings-title">
<h2 id="warnings-title">${words.warnings.title}</h2>
${
  warnings.length === 0
    ? html`<p><span class="state good">${words.warnings.allWell}</span></p>`
    : html`<ul class="plain">${warnings.map((warning) => {
        const { text, next } = words.warnings.of(warning)
        return html`<li><strong>${text}</strong> <span class="faint">${next}</span></li>`
      })}</ul>`
}
</section>`
}

function renderSignals({ signals }: RoomGlance, { helps, language, words }: RoomContext): Html {
  const { green, red, hands, learners, people } = signals
  const said = words.signals
  // Who is done needs nobody: their names stand in one line.
  const waiting = people.filter(({ sticky, hand }) => sticky === 'red' || hand)
  const done = people.filter(({ sticky, hand }) => sticky === 'green' && !hand)
  return html`<p class="counts">${said.counts(red, hands, green, learners)}</p>
${helps && people.length === 0 && html`<p class="faint">${said.none}</p>`}
${
  helps &&
  waiting.length > 0 &&
  html`<ul class="plain people-signals">${waiting.map(
    ({ shownName, sticky, hand, ageMs }) =>
      html`<li><strong>${shownName}</strong> ${
        sticky && html`<span class="state ${sticky === 'red' ? 'bad' : 'good'}">${said[sticky]}</span>`
      }${hand && html` <span class="state wait">${said.hand}</span>`} <span class="faint">${said.since(formatTime(ageMs, language))}</span></li>`
  )}</ul>`
}
${helps && done.length > 0 && html`<p class="faint">${said.green}: ${done.map(({ shownName }) => shownName).join(', ')}</p>`}`
}

function renderWaiting({ waiting }: RoomGlance, { mayChange, texts, words }: RoomContext): Html {
  if (waiting.length === 0) return html``
  return html`<section class="card notice" aria-labelledby="waiting-title">
<h2 id="waiting-title">${texts.waiting.title}</h2>
<p class="explain">${texts.waiting.explain}</p>
<ul class="plain">${waiting.map(
    ({ id, name, code }) => html`<li>
<h3>${name}</h3>
${
  code === undefined
    ? html`<p class="faint">${texts.waiting.noCode}</p>`
    : html`<p class="code"><span class="faint">${texts.waiting.code}</span> ${spaced(code)}</p>
${
  mayChange
    ? html`<form method="post" action="/room/devices/approve" class="buttons"><input type="hidden" name="device" value="${id}"><input type="hidden" name="code" value="${code}"><button class="button button-strong" name="answer" value="same">${words.actions.approve}</button><button class="button" name="answer" value="differs">${words.actions.decline}</button></form>`
    : html`<p class="faint">${texts.waiting.approve}</p>
${renderLine(`joinery approve ${id.slice(-8)} ${code}`)}`
}`
}
</li>`
  )}</ul>
</section>`
}

function renderCollections(glance: RoomGlance, { language, mayChange, words }: RoomContext): Html {
  const said = words.collections
  if (glance.collections.length === 0) return html``
  const names = new Map(glance.devices.map(({ id, name }) => [id, name]))
  return html`<section class="card" aria-labelledby="collections-title">
<h2 id="collections-title">${said.title}</h2>
<p class="explain">${said.explain}</p>
<ul class="plain collections">${glance.collections.map(
    ({ name, files, sizeBytes, fewestCopies, singleFiles, held }) => html`<li>
<h3>${name}</h3>
<p class="faint">${said.files(files)} · ${formatBytes(sizeBytes, language)}${mayChange && html` · <a href="/room/versions/${encodeURIComponent(name)}">${said.versions}<span class="for-readers"> ${name}</span></a>`}</p>
<p><span class="state ${singleFiles > 0 ? 'wait' : 'good'}">${singleFiles > 0 ? said.single(singleFiles) : said.fewest(fewestCopies)}</span></p>
${
  held.length > 0 &&
  html`<p class="faint">${said.where}: ${held
    .map(
      ({ id, files: here }) =>
        `${names.get(id) ?? id.slice(-8)} (${here >= files ? said.all : formatCount(here, language)})`
    )
    .join(', ')}</p>`
}
</li>`
  )}</ul>
</section>`
}

function renderClock({ timeMs, timeIsSet }: RoomGlance, { language, words }: RoomContext): Html {
  return html`<p>${words.clock.shows(shownTime(timeMs, language))} ${timeIsSet ? words.clock.isSet : words.clock.isNotSet}</p>`
}

/** A room has no time zone: UTC, and it says so. */
function shownTime(ms: number, language: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(ms)} UTC`
}

function renderWanted({ wanted, fetching }: RoomGlance, { language, mayChange, texts }: RoomContext): Html {
  if (wanted.length === 0 && !(mayChange && fetching)) return html``
  const said = wantTextsIn(language)
  return html`<section class="card" id="wanted" aria-labelledby="wanted-title">
<h2 id="wanted-title">${texts.wanted.title}</h2>
${
  wanted.length > 0 &&
  html`<p class="explain">${texts.wanted.explain}</p>
<ul class="plain">${wanted.map(
    (want) =>
      html`<li><strong>${want.name}</strong> <span class="faint">${want.collection}${want.target !== undefined && html` · ${want.target}`} · ${texts.wanted.times(want.count)}</span>${wantState(want, said)}</li>`
  )}</ul>
<p class="buttons"><a class="button" href="/wants.csv" download>${texts.wanted.csv}</a> <a class="button" href="/wants.json" download>${texts.wanted.json}</a></p>`
}
${fetching && renderFetching(fetching, { said, language, mayChange, hasWants: wanted.length > 0 })}
</section>`
}

function wantState({ fetching, problem }: WantedOverview, said: WantTexts): Html {
  if (fetching === true) return html` <span class="state wait">${said.fetching}</span>`
  if (problem === undefined) return html``
  const reason = Object.hasOwn(said.problems, problem) ? said.problems[problem] : undefined
  return html`<br><span class="faint">${said.notHad} ${reason ?? said.unknown(problem)}</span>`
}

function renderFetching(
  { automatic, isRunning, usedBytes, budgetBytes }: FetchingOverview,
  init: { said: WantTexts; language: Language; mayChange: boolean; hasWants: boolean }
): Html {
  const { said, language, mayChange, hasWants } = init
  const limit = budgetBytes === undefined ? undefined : formatBytes(budgetBytes, language)
  return html`<p>${isRunning && html`<span class="state wait">${said.running}</span> `}${automatic ? said.on : said.off}${
    mayChange && html` <span class="faint">${said.used(formatBytes(usedBytes, language), limit)}</span>`
  }</p>
${
  mayChange &&
  hasWants &&
  !isRunning &&
  html`<form method="post" action="/room/wants/fetch"><p class="faint" id="fetch-explain">${said.fetchExplain}</p><button class="button" aria-describedby="fetch-explain">${said.fetchNow}</button></form>`
}
${
  mayChange &&
  html`<form method="post" action="/room/wants/automatic"><button class="button" name="automatic" value="${automatic ? 'off' : 'on'}">${automatic ? said.turnOff : said.turnOn}</button></form>`
}`
}

function renderNeighbours({ neighbours }: RoomGlance, { texts }: RoomContext): Html {
  if (neighbours.length === 0) return html``
  return html`<section class="card" aria-labelledby="neighbours-title">
<h2 id="neighbours-title">${texts.neighbours.title}</h2>
<p class="explain">${texts.neighbours.explain}</p>
<ul class="plain">${neighbours.map(
    (room) =>
      html`<li><strong>${room.name ?? texts.neighbours.unnamed}</strong> <span class="faint">${texts.neighbours.devices(room.devices)} · ${room.roomId.slice(0, 8)}</span></li>`
  )}</ul>
</section>`
}
