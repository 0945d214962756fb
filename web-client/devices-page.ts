/** `/room`: the devices of the room, whether one may be unplugged, who waits outside, and the rooms nearby. */
import type { DeviceOverview, RoomOverview } from '../protocols/room-overview.ts'
import { renderLine, spaced } from './first-page.ts'
import { formatBytes, formatCount, formatTime, percent } from './formats.ts'
import { type Html, html } from './html.ts'
import type { Language } from './languages.ts'
import { renderPage } from './page-frame.ts'
import { type Texts, textsIn } from './texts.ts'
import type { Visitor } from './visitor.ts'

export function renderDevicesPage(overview: RoomOverview, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const name = overview.room?.name ?? texts.noRoom
  const connected = overview.devices.filter((device) => device.connected).length
  return renderPage({
    title: `${texts.facilitatorPage} · ${name}`,
    heading: texts.facilitatorPage,
    tagline: name,
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    footer: texts.devicesServe(connected),
    main: html`<div class="flow" data-fresh>
${visitor.person?.helps && html`<p><a class="button" href="/people">${texts.account.people}</a></p>`}
${overview.waiting.length > 0 && renderWaiting(overview, texts)}
<section class="card" aria-labelledby="devices-title">
<h2 id="devices-title">${texts.devices.title}</h2>
<p class="explain">${texts.devices.explain}</p>
<ul class="devices">${[...overview.devices]
      .sort(byUsefulness)
      .map((device) => renderDevice(device, visitor.language, texts))}</ul>
</section>
${overview.wanted.length > 0 && renderWanted(overview, texts)}
${overview.neighbours.length > 0 && renderNeighbours(overview, texts)}
</div>`
  })
}

function byUsefulness(a: DeviceOverview, b: DeviceOverview): number {
  if (a.self !== b.self) return a.self ? -1 : 1
  if (a.connected !== b.connected) return a.connected ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1
}

function renderDevice(device: DeviceOverview, language: Language, texts: Texts): Html {
  const words = texts.devices
  const safety = device.safeToUnplug
    ? html`<span class="state good">${words.safe}</span>`
    : html`<span class="state wait">${words.notSafe}</span>`
  return html`<li class="card device">
<div class="device-name">
<h3>${device.name}${device.self && html` <span class="tag">${words.thisDevice}</span>`}</h3>
<p class="faint">${words.roles[device.role]} · ${
    device.connected ? words.connected : html`<strong>${words.away}</strong>`
  }</p>
</div>
<p class="states">${safety}${device.leaving && html` <span class="state wait">${words.leaving}</span>`}${
    device.needsUpdate && html` <span class="state bad">${words.needsUpdate}</span>`
  }</p>
${device.unplugReason !== undefined && !device.safeToUnplug && html`<p class="reason">${device.unplugReason}</p>`}
<dl>
<div><dt>${words.copies}</dt><dd>${renderMeter(device.heldFiles, device.wantedFiles)}${words.copiesHeld(
    formatCount(device.heldFiles, language),
    formatCount(device.wantedFiles, language)
  )} · ${
    device.missingBytes > 0 ? words.copying(formatBytes(device.missingBytes, language)) : words.complete
  }${device.remainingMs !== undefined && ` · ${words.remaining(formatTime(device.remainingMs, language))}`}</dd></div>
<div><dt>${words.disk}</dt><dd>${renderMeter(device.usedBytes, device.capacityBytes)}${words.diskUsed(
    formatBytes(device.usedBytes, language),
    formatBytes(device.capacityBytes, language)
  )}</dd></div>
</dl>
${
  device.address !== undefined &&
  !device.self &&
  html`<p><a href="${device.address}">${words.open}<span class="for-readers"> ${device.name}</span></a></p>`
}
</li>`
}

/** Decoration only: the figures stand beside it in words. */
function renderMeter(part: number, whole: number): Html {
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width="${percent(part, whole)}" height="4"/></svg>`
}

function renderWaiting(overview: RoomOverview, texts: Texts): Html {
  return html`<section class="card notice" aria-labelledby="waiting-title">
<h2 id="waiting-title">${texts.waiting.title}</h2>
<p class="explain">${texts.waiting.explain}</p>
<ul class="plain">${overview.waiting.map(
    (device) => html`<li>
<h3>${device.name}</h3>
${
  device.code === undefined
    ? html`<p class="faint">${texts.waiting.noCode}</p>`
    : html`<p class="code"><span class="faint">${texts.waiting.code}</span> ${spaced(device.code)}</p>
<p class="faint">${texts.waiting.approve}</p>
${renderLine(`joinery approve ${device.id.slice(-8)} ${device.code}`)}`
}
</li>`
  )}</ul>
</section>`
}

function renderWanted(overview: RoomOverview, texts: Texts): Html {
  return html`<section class="card" aria-labelledby="wanted-title">
<h2 id="wanted-title">${texts.wanted.title}</h2>
<p class="explain">${texts.wanted.explain}</p>
<ul class="plain">${overview.wanted.map(
    ({ collection, name, target, count }) =>
      html`<li><strong>${name}</strong> <span class="faint">${collection}${target !== undefined && html` · ${target}`} · ${texts.wanted.times(count)}</span></li>`
  )}</ul>
</section>`
}

function renderNeighbours(overview: RoomOverview, texts: Texts): Html {
  return html`<section class="card" aria-labelledby="neighbours-title">
<h2 id="neighbours-title">${texts.neighbours.title}</h2>
<p class="explain">${texts.neighbours.explain}</p>
<ul class="plain">${overview.neighbours.map(
    (room) =>
      html`<li><strong>${room.name ?? texts.neighbours.unnamed}</strong> <span class="faint">${texts.neighbours.devices(room.devices)} · ${room.roomId.slice(0, 8)}</span></li>`
  )}</ul>
</section>`
}
