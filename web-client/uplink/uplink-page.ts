/** `/room/internet`: what of the room is at its cloud peer, and what is left. Fresh figures come by themselves. */
import type { CloudPeerStatus } from '../../protocols/cloud-peer-status.ts'
import { renderLine } from '../first-page.ts'
import { formatBytes, formatCount, formatTime, percent } from '../formats.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type UplinkTexts, uplinkTextsIn } from './texts.ts'

/** Away for less: a line that breaks and comes back. */
const BRIEF_MS = 60_000

export function renderUplinkPage(clouds: readonly CloudPeerStatus[], visitor: Visitor): string {
  const words = uplinkTextsIn(visitor.language)
  const texts = textsIn(visitor.language)
  return renderPage({
    title: words.title,
    heading: words.title,
    tagline: words.tagline,
    texts,
    visitor,
    link: { href: '/room', text: texts.facilitatorPage },
    footer: words.ofDevice,
    main: html`<div class="flow" data-fresh>
${
  clouds.length === 0
    ? html`<section class="card"><p>${words.none}</p><p>${words.noneHow}</p>${renderLine('joinery cloud link TEXT')}</section>`
    : clouds.map((cloud) => renderCloud(cloud, words, visitor.language))
}
</div>`
  })
}

function renderCloud(cloud: CloudPeerStatus, words: UplinkTexts, language: Language): Html {
  const { heldFiles, leftFiles, arrivedBytes, leftBytes, leftChanges, leftRepositories, wantedHereBytes } = cloud
  const bytes = (count: number): string => formatBytes(count, language)
  const count = (number: number): string => formatCount(number, language)
  const isKnown = cloud.state === 'linked' || cloud.state === 'away'
  const allBytes = arrivedBytes + leftBytes
  const changes =
    leftChanges === undefined ? words.notKnown : leftChanges === 0 ? words.there : words.changesLeft(count(leftChanges))
  const commits =
    leftRepositories > 0
      ? words.repositoriesLeft(count(leftRepositories))
      : leftChanges === undefined
        ? words.notKnown
        : words.there
  const files =
    leftFiles === 0
      ? `${words.there} (${count(heldFiles)}, ${bytes(arrivedBytes)})`
      : words.filesLeft(count(heldFiles), count(heldFiles + leftFiles), bytes(arrivedBytes), bytes(allBytes))
  return html`<section class="card report uplink" aria-labelledby="${cloud.id}">
<h2 id="${cloud.id}">${cloud.name}</h2>
<p><strong>${stateText(cloud, words, language)}</strong>${cloud.breaks > 1 && isKnown && html` ${words.broke(count(cloud.breaks))}`}</p>
${
  isKnown &&
  html`<dl>
<div><dt>${words.notes}</dt><dd>${changes}</dd></div>
<div><dt>${words.commits}</dt><dd>${commits}</dd></div>
<div><dt>${words.files}</dt><dd>${files}${leftFiles > 0 && filesExplain(cloud, words, language)}
${leftFiles > 0 && meter(arrivedBytes, allBytes)}</dd></div>
<div><dt>${words.here}</dt><dd>${wantedHereBytes > 0 ? words.hereLeft(bytes(wantedHereBytes)) : words.allHere}</dd></div>
<div><dt>${words.used}</dt><dd>${words.usedBy(bytes(cloud.usedBytes))}, ${limitText(cloud, words, language)}</dd></div>
</dl>
<p class="explain">${words.order}</p>`
}
</section>`
}

function stateText(cloud: CloudPeerStatus, words: UplinkTexts, language: Language): string {
  const { state, full, awayMs, journalDone, leftFiles, leftRepositories } = cloud
  if (full) return words.full
  if (state === 'open') return words.open
  if (state === 'refused') return words.refused
  if (journalDone && leftFiles === 0 && leftRepositories === 0) return words.allThere
  if (state === 'linked') return words.connected
  if (awayMs === undefined) return words.open
  return awayMs < BRIEF_MS ? words.brokeNow : words.away(formatTime(awayMs, language))
}

/** Why files do not move, or how fast they do. */
function filesExplain(cloud: CloudPeerStatus, words: UplinkTexts, language: Language): Html {
  const { budgetSpent, bytesPerSecond, remainingMs, journalDone, leftRepositories, state } = cloud
  if (budgetSpent) return html`. ${words.spent}`
  if (state === 'away') return html``
  if (bytesPerSecond === 0) return html`${(!journalDone || leftRepositories > 0) && html`. ${words.waitFirst}`}`
  return html`, ${words.pace(formatBytes(bytesPerSecond, language))}${
    remainingMs !== undefined && html`, ${words.timeLeft(formatTime(remainingMs, language))}`
  }`
}

function limitText({ budgetBytes, budgetMinutes }: CloudPeerStatus, words: UplinkTexts, language: Language): string {
  const limits = [
    ...(budgetBytes === null ? [] : [formatBytes(budgetBytes, language)]),
    ...(budgetMinutes === null ? [] : [words.minutes(formatCount(budgetMinutes, language))])
  ]
  return limits.length === 0 ? words.noLimit : words.most(limits.join(' · '))
}

function meter(part: number, whole: number): Html {
  return html`<svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width="${percent(part, whole)}" height="4"/></svg>`
}
