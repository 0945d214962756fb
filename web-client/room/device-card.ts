/** One device: what matters at a glance, the figures behind it, and what a facilitator can do about it. */
import type { DeviceGlance, HourGlance, RoomGlance } from '../../protocols/room-glance.ts'
import { formatBytes, formatCount, formatTime, percent } from '../formats.ts'
import { hashOf } from '../hash.ts'
import { type Html, html } from '../html.ts'
import { bytesPerSecondOf, renderHour, samplesOf } from './hour-chart.ts'
import type { RoomContext } from './room-context.ts'
import { unplugWordsIn } from './unplug-texts.ts'

/** The whole card; its parts with `data-live` are exchanged as the room changes, the rest stays as a person left it. */
export function renderDevice(device: DeviceGlance, glance: RoomGlance, context: RoomContext): Html {
  const { words } = context
  const top = renderTop(device, glance, context)
  // Nobody reads sixty cards on a phone, and it cannot lay them out at once: a few lines each, and a page of its own with the rest.
  if (isBig(glance))
    return html`<li class="device" data-device="${device.id}"><div data-live="top" data-hash="${hashOf(top.html)}">${top}</div></li>`
  return html`<li class="card device" data-device="${device.id}">
<div data-live="top" data-hash="${hashOf(top.html)}">${top}</div>
<details class="more"><summary>${words.figures.more}<span class="for-readers">: ${device.name}</span></summary><div data-live="more">${renderMore(device, glance, context)}</div></details>
${context.mayChange && renderChanges(device, context)}
</li>`
}

/** One device with everything about it, for its own page. */
export function renderWholeDevice(device: DeviceGlance, glance: RoomGlance, context: RoomContext): Html {
  return html`<section class="card device">
${renderWholeTop(device, context)}
${renderMore(device, glance, context)}
${context.mayChange && renderChanges(device, context)}
</section>`
}

/** More devices than these are shown in short. */
const MOST_WHOLE = 12

export function isBig({ devices }: Pick<RoomGlance, 'devices'>): boolean {
  return devices.length > MOST_WHOLE
}

/** A person has to look at it, or has begun something with it. */
export function asksForSomething({ connected, warnings, leaving, needsUpdate }: DeviceGlance): boolean {
  return !connected || warnings.length > 0 || leaving === true || needsUpdate === true
}

/** What is exchanged as the room changes. */
export function renderTop(device: DeviceGlance, glance: Pick<RoomGlance, 'devices'>, context: RoomContext): Html {
  return isBig(glance) ? renderRow(device, context) : renderWholeTop(device, context)
}

/** What is as it should be is not said sixty times: that it is connected, and that all is copied. */
function renderRow(device: DeviceGlance, context: RoomContext): Html {
  const { texts, words } = context
  const figures = figureTexts(device, context)
  const parts = [
    ...(device.connected ? [] : [html`<strong>${texts.devices.away}</strong>`]),
    ...figures,
    ...(device.missingBytes > 0 ? [html`${copyingText(device, context)}`] : [])
  ]
  return html`<p class="row-name"><a href="/room/devices/${device.id}">${device.name}</a> ${renderStates(device, context)}</p>
${device.warnings.map((code) => html`<p class="reason">${words.warnings.of({ code, device: device.name }).text}</p>`)}
<p class="faint">${parts.map((part, at) => html`${at > 0 && ' · '}${part}`)}</p>`
}

/** Its figures of this moment. */
function figureTexts({ figures }: DeviceGlance, { language, words }: RoomContext): Html[] {
  if (!figures) return []
  const { temperatureC, clients } = figures
  return [
    html`${words.figures.load} ${formatCount(figures.loadPercent, language)} %`,
    ...(temperatureC === undefined ? [] : [html`${formatCount(temperatureC, language)} °C`]),
    ...(clients ? [html`${words.figures.clients} ${clientsText(clients, words)}`] : [])
  ]
}

function renderStates(device: DeviceGlance, { texts }: RoomContext): Html {
  const said = texts.devices
  return html`${
    device.safeToUnplug
      ? html`<span class="state good">${said.safe}</span>`
      : html`<span class="state wait">${said.notSafe}</span>`
  }${device.leaving && html` <span class="state wait">${said.leaving}</span>`}${
    device.needsUpdate && html` <span class="state bad">${said.needsUpdate}</span>`
  }`
}

function copyingText({ missingBytes, remainingMs }: DeviceGlance, { language, texts }: RoomContext): string {
  const said = texts.devices
  const left = remainingMs === undefined ? '' : ` · ${said.remaining(formatTime(remainingMs, language))}`
  return (missingBytes > 0 ? said.copying(formatBytes(missingBytes, language)) : said.complete) + left
}

/** A device keeps files that it need not hold, until their room is needed. While some are still to come, the number of all that it has says nothing. */
function filesText(
  { heldFiles, wantedFiles, missingBytes }: DeviceGlance,
  { language, texts, words }: RoomContext
): string {
  const count = (files: number): string => formatCount(files, language)
  if (heldFiles <= wantedFiles) return `${texts.devices.copiesHeld(count(heldFiles), count(wantedFiles))} · `
  return missingBytes > 0 ? '' : `${words.figures.andMore(count(wantedFiles), count(heldFiles - wantedFiles))} · `
}

function renderWholeTop(device: DeviceGlance, context: RoomContext): Html {
  const { language, texts } = context
  const said = texts.devices
  const reason = unplugWordsIn(language, device.unplugCode) ?? device.unplugReason
  return html`<div class="device-name">
<h3>${device.name}${device.self && html` <span class="tag">${said.thisDevice}</span>`}</h3>
<p class="faint">${said.roles[device.role]} · ${device.connected ? said.connected : html`<strong>${said.away}</strong>`}${figureTexts(device, context).map((part) => html` · ${part}`)}</p>
</div>
<p class="states">${renderStates(device, context)}</p>
${reason !== undefined && !device.safeToUnplug && html`<p class="reason">${reason}</p>`}
<dl>
<div><dt>${said.copies}</dt><dd>${renderMeter(device.heldFiles, device.wantedFiles)}${filesText(device, context)}${copyingText(device, context)}</dd></div>
<div><dt>${said.disk}</dt><dd>${renderMeter(device.usedBytes, device.capacityBytes)}${said.diskUsed(
    formatBytes(device.usedBytes, language),
    formatBytes(device.capacityBytes, language)
  )}</dd></div>
</dl>
${
  device.address !== undefined &&
  !device.self &&
  html`<p><a href="${device.address}">${said.open}<span class="for-readers"> ${device.name}</span></a></p>`
}`
}

function clientsText({ now, most }: { now: number; most?: number }, words: RoomContext['words']): string {
  return most === undefined ? String(now) : words.figures.ofMost(String(now), String(most))
}

export function renderMore(device: DeviceGlance, glance: RoomGlance, { language, texts, words }: RoomContext): Html {
  const { figures } = device
  const { figures: said } = words
  if (!figures) return html`<p class="faint">${said.noFigures}</p>`
  const names = new Map(glance.devices.map(({ id, name }) => [id, name]))
  const sees = device.sees.map(({ id, roundTripMs, bytesPerSecond }) =>
    [
      names.get(id) ?? id.slice(-8),
      roundTripMs !== undefined && words.map.roundTrip(formatCount(roundTripMs, language)),
      bytesPerSecond !== undefined && said.rate(formatBytes(bytesPerSecond, language))
    ]
      .filter((part) => part !== false)
      .join(' ')
  )
  const rows: [string, string][] = [
    ...(figures.board === '' ? [] : [[said.board, figures.board] as [string, string]]),
    [said.version, figures.version],
    [said.uptime, formatTime(figures.uptimeMs, language)],
    [
      said.memory,
      said.free(formatBytes(figures.memoryFreeBytes, language), formatBytes(figures.memoryBytes, language))
    ],
    [
      texts.devices.disk,
      said.free(formatBytes(figures.diskFreeBytes, language), formatBytes(figures.diskBytes, language))
    ],
    [said.sees, sees.length === 0 ? said.nobody : sees.join(' · ')]
  ]
  return html`<dl class="figures">${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${renderHours(glance.hours[device.id], { language, words })}`
}

/** A chart of less would show noise as mountains. */
const LEAST_RATE = 10e3

function renderHours(hour: HourGlance | undefined, { language, words }: Pick<RoomContext, 'language' | 'words'>): Html {
  if (!hour || hour.load === '') return html``
  const { figures: said } = words
  const bytes = samplesOf(hour.sent).map(bytesPerSecondOf)
  const chart = (
    samples: readonly number[],
    label: string,
    { top, text }: { top: number; text(value: number): string }
  ): Html => {
    const most = Math.max(0, ...samples)
    return renderHour(samples, {
      ...{ most: Math.max(top, most), label, from: said.hourAgo, until: said.now },
      said: `${said.now}: ${text(samples.at(-1) ?? 0)} · ${said.most(text(most))}`
    })
  }
  const share = { top: 100, text: (value: number) => `${formatCount(value, language)} %` }
  const rate = { top: LEAST_RATE, text: (value: number) => said.rate(formatBytes(value, language)) }
  const columns = [
    { label: said.hourLoad, samples: samplesOf(hour.load), text: share.text },
    { label: said.hourMemory, samples: samplesOf(hour.memory), text: share.text },
    { label: said.rate(said.hourSent), samples: bytes, text: (value: number) => formatBytes(value, language) }
  ]
  const rows = samplesOf(hour.load).flatMap((_, minutes) => (minutes % ROW_MINUTES === 0 ? [minutes] : []))
  return html`<h4>${said.hour}</h4><div class="hours">
${chart(samplesOf(hour.load), said.hourLoad, share)}
${chart(samplesOf(hour.memory), said.hourMemory, share)}
${chart(bytes, said.hourSent, rate)}
</div>
<details class="values"><summary>${said.values}</summary><table><thead><tr><th scope="col">${said.when}</th>${columns.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr></thead><tbody>${rows.map(
    (minutes) =>
      html`<tr><th scope="row">${formatCount(minutes, language)}</th>${columns.map(({ samples, text }) => {
        const sample = samples[samples.length - 1 - minutes]
        return html`<td>${sample === undefined ? '' : text(sample)}</td>`
      })}</tr>`
  )}</tbody></table></details>`
}

/** A table of the hour has a line for so many minutes: it is read, not looked at. */
const ROW_MINUTES = 5

function renderChanges(device: DeviceGlance, { texts, words }: RoomContext): Html {
  const { actions } = words
  const id = html`<input type="hidden" name="device" value="${device.id}">`
  const field = `of-${device.id.slice(-8)}`
  const confirmed = (
    path: string,
    label: string,
    explain: string
  ): Html => html`<form method="post" action="${path}" class="form">
${id}<p class="faint">${explain}</p>
<div class="field"><label for="${path.slice(14)}-${field}">${actions.confirm(device.name)}</label><input id="${path.slice(14)}-${field}" name="confirm" autocomplete="off" maxlength="64" required></div>
<button class="button button-danger">${label}</button>
</form>`
  return html`<details class="change"><summary>${actions.title}<span class="for-readers">: ${device.name}</span></summary>
<form method="post" action="/room/devices/rename" class="form">
${id}<div class="field"><label for="name-${field}">${actions.name}</label><input id="name-${field}" name="name" value="${device.name}" autocomplete="off" maxlength="64" required></div>
<button class="button">${actions.rename}</button>
</form>
<form method="post" action="/room/devices/move-off" class="form">
${id}<p class="faint">${device.leaving ? texts.devices.leaving : actions.moveOffExplain}</p>
<button class="button" name="leaving" value="${device.leaving ? 'no' : 'yes'}">${device.leaving ? actions.keep : actions.moveOff}</button>
</form>
${!device.self && confirmed('/room/devices/remove', actions.remove, actions.removeExplain)}
${!device.self && confirmed('/room/devices/stolen', actions.stolen, actions.stolenExplain)}
</details>`
}

/** Decoration only: the figures stand beside it in words. */
function renderMeter(part: number, whole: number): Html {
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width="${percent(part, whole)}" height="4"/></svg>`
}
