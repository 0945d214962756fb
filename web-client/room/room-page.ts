/** `/room`: the dashboard of the room. Whole without scripts, as it is at that moment; with them it follows the room for whoever helps. */
import type { DeviceGlance, RoomGlance } from '../../protocols/room-glance.ts'
import { hashOf } from '../hash.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import { uplinkTextsIn } from '../uplink/texts.ts'
import type { Visitor } from '../visitor.ts'
import { copiesTextsIn } from './copies-texts.ts'
import { asksForSomething, isBig, renderDevice, renderWholeDevice } from './device-card.ts'
import { invitationTextsIn } from './invitation-texts.ts'
import { type RoomContext, roomContext } from './room-context.ts'
import { ROOM_PARTS } from './room-parts.ts'

export interface RoomPageFeatures {
  /** May change devices, content and the clock. */
  mayChange: boolean
  /** Sticks that are plugged in, by a name for people; only for those who may change. */
  sticks: readonly string[]
  /** Folders of this device that may be added, likewise. */
  folders?: readonly string[]
  /** Why they could not be looked for: the system's code, `EACCES`. */
  foldersProblem?: string
  /** Address of the script that follows the room; absent: figures are fetched anew now and then. */
  script?: string | undefined
  /** The style sheet, when the page carries it with it. */
  style?: string | undefined
  /** What the last change did, in words. */
  notice?: string | undefined
}

export function renderRoomPage(glance: RoomGlance, visitor: Visitor, features: RoomPageFeatures): string {
  const texts = textsIn(visitor.language)
  const helps = visitor.person?.helps === true
  const context = roomContext({ language: visitor.language, helps, mayChange: features.mayChange })
  const { words } = context
  const name = glance.room?.name ?? texts.noRoom
  const follows = helps && features.script !== undefined
  return renderPage({
    title: `${texts.facilitatorPage} · ${name}`,
    heading: texts.facilitatorPage,
    tagline: name,
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    style: features.style,
    footer: texts.devicesServe(glance.devices.filter(({ connected }) => connected).length),
    main: html`<div class="flow"${follows ? html` data-room="${features.mayChange ? 'change' : 'help'}"` : html` data-fresh`}>
${features.notice !== undefined && html`<p class="card notice" role="status">${features.notice}</p>`}
${
  helps &&
  html`<div class="card buttons lead"><a class="button" href="/people">${texts.account.people}</a><a class="button" href="/room/internet">${uplinkTextsIn(visitor.language).title}</a>${
    features.mayChange &&
    html`<a class="button" href="/room/invitations">${invitationTextsIn(visitor.language).title}</a><a class="button" href="/room/copies">${copiesTextsIn(visitor.language).title}</a><a class="button" href="/room/ready">${words.ready.title}</a>`
  }<span class="live" data-live-state data-live-on="${words.live}" data-live-off="${words.notLive}" role="status"></span></div>`
}
${part('waiting', glance, context)}
${part('warnings', glance, context)}
${glance.room && visitor.accounts && renderSignals(glance, context)}
<section class="card" aria-labelledby="devices-title">
<h2 id="devices-title">${texts.devices.title}</h2>
<p class="explain">${texts.devices.explain}</p>
<ul class="devices${isBig(glance) && ' short'}">${inOrder(glance).map((device) => renderDevice(device, glance, context))}</ul>
</section>
${part('map', glance, context)}
${part('collections', glance, context)}
${features.mayChange && renderContentForm(features, context)}
${glance.room && glance.timeMs > 0 && renderClockCard(glance, context)}
${part('wanted', glance, context)}
${part('neighbours', glance, context)}
</div>
${follows && html`<script type="module" src="${features.script ?? ''}"></script>`}`
  })
}

/** `/room/devices/<id>`: one device, as it is at that moment. */
export function renderDevicePage(
  device: DeviceGlance,
  glance: RoomGlance,
  visitor: Visitor,
  { mayChange }: Pick<RoomPageFeatures, 'mayChange'>
): string {
  const texts = textsIn(visitor.language)
  const context = roomContext({ language: visitor.language, helps: visitor.person?.helps === true, mayChange })
  return renderPage({
    title: device.name,
    heading: device.name,
    texts,
    visitor,
    link: { href: '/room', text: context.words.content.back },
    main: html`<div class="flow">${renderWholeDevice(device, glance, context)}</div>`
  })
}

/** Empty parts are there too: they fill when something comes. */
function part(name: string, glance: RoomGlance, context: RoomContext): Html {
  const shown = ROOM_PARTS[name]?.(glance, context) ?? html``
  return html`<div data-part="${name}" data-hash="${hashOf(shown.html)}">${shown}</div>`
}

/** Of many, those with something to do come first: the rest of the list is for looking somebody up. */
export function inOrder(glance: Pick<RoomGlance, 'devices'>): DeviceGlance[] {
  const urgency = (device: DeviceGlance): number => (isBig(glance) && asksForSomething(device) ? 0 : 1)
  return [...glance.devices].sort((a, b) => urgency(a) - urgency(b) || byUsefulness(a, b))
}

function byUsefulness(a: DeviceGlance, b: DeviceGlance): number {
  if (a.self !== b.self) return a.self ? -1 : 1
  if (a.connected !== b.connected) return a.connected ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1
}

function renderSignals(glance: RoomGlance, context: RoomContext): Html {
  const { mayChange, words } = context
  return html`<section class="card" id="signals" aria-labelledby="signals-title">
<h2 id="signals-title">${words.signals.title}</h2>
${part('signals', glance, context)}
${
  mayChange &&
  html`<form method="post" action="/signals/all-down"><p class="faint" id="all-down-explain">${words.signals.allDownExplain}</p><button class="button" aria-describedby="all-down-explain">${words.signals.allDown}</button></form>`
}
</section>`
}

function renderClockCard(glance: RoomGlance, context: RoomContext): Html {
  const { mayChange, words } = context
  return html`<section class="card" id="clock" aria-labelledby="clock-title">
<h2 id="clock-title">${words.clock.title}</h2>
${part('clock', glance, context)}
${
  mayChange &&
  html`<form method="post" action="/room/clock" class="form" data-clock>
<p class="faint">${words.clock.explain}</p>
<div class="field"><label for="clock-time">${words.clock.setByHand}</label><input id="clock-time" name="time" autocomplete="off" maxlength="30"></div>
<button class="button">${words.clock.set}</button>
</form>`
}
</section>`
}

const COLLECTIONS = ['lessons', 'pypi', 'cran', 'installers'] as const

function renderContentForm({ sticks, folders = [], foldersProblem }: RoomPageFeatures, { words }: RoomContext): Html {
  const said = words.content
  return html`<section class="card" id="content" aria-labelledby="content-title">
<h2 id="content-title">${said.title}</h2>
<p class="explain">${said.explain}</p>
<form method="post" action="/room/content/upload" enctype="multipart/form-data" class="form" data-upload>
<div class="field"><label for="content-collection">${said.collection}</label><select id="content-collection" name="collection"><option value="">${said.auto}</option>${COLLECTIONS.map((one) => html`<option>${one}</option>`)}</select></div>
<p><label><input type="checkbox" name="unpack" value="yes"> ${said.unpack}</label></p>
<div class="field"><label for="content-file">${said.file}</label><input id="content-file" type="file" name="file" required></div>
<button class="button">${said.upload}</button>
</form>
${
  sticks.length > 0 &&
  html`<h3>${said.sticks}</h3><ul class="plain">${sticks.map(
    (stick) =>
      html`<li><form method="post" action="/room/content/stick" class="buttons"><input type="hidden" name="stick" value="${stick}"><span>${stick}</span><button class="button">${said.addStick}<span class="for-readers">: ${stick}</span></button></form></li>`
  )}</ul>`
}
${foldersProblem !== undefined && html`<h3>${said.folders}</h3><p class="reason">${said.foldersProblem(foldersProblem)}</p>`}
${
  folders.length > 0 &&
  html`<h3>${said.folders}</h3><ul class="plain">${folders.map(
    (folder) =>
      html`<li><form method="post" action="/room/content/folder" class="buttons"><input type="hidden" name="folder" value="${folder}"><span>${folder}</span><button class="button">${said.addFolder}<span class="for-readers">: ${folder}</span></button></form></li>`
  )}</ul>`
}
</section>`
}
