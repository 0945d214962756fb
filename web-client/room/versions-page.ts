/** The versions of a collection, and the way back to one of them. */
import { formatBytes } from '../formats.ts'
import { html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { roomTextsIn } from './texts.ts'

export interface ShownVersion {
  version: string
  device: string
  /** As that device believed; see the clock of the room. */
  wallMs?: number
  files: number
  sizeBytes: number
  current: boolean
}

export function renderVersionsPage(collection: string, versions: readonly ShownVersion[], visitor: Visitor): string {
  const { language } = visitor
  const texts = textsIn(language)
  const { content, collections } = roomTextsIn(language)
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return renderPage({
    title: content.versionsOf(collection),
    heading: content.versionsOf(collection),
    texts,
    visitor,
    link: { href: '/room', text: content.back },
    main: html`<section class="card" aria-labelledby="versions-title">
<h2 id="versions-title">${collections.versions}</h2>
<ol class="plain versions">${versions.map(
      ({ version, device, wallMs, files, sizeBytes, current }) => html`<li>
<p><strong>${version}</strong>${current && html` <span class="state good">${content.current}</span>`}</p>
<p class="faint">${content.from} ${device}${wallMs !== undefined && html`, ${date.format(wallMs)} UTC`} · ${collections.files(files)} · ${formatBytes(sizeBytes, language)}</p>
${
  !current &&
  html`<form method="post" action="/room/versions/rollback"><input type="hidden" name="collection" value="${collection}"><input type="hidden" name="version" value="${version}"><button class="button">${content.rollback}<span class="for-readers">: ${version}</span></button></form>`
}
</li>`
    )}</ol>
</section>`
  })
}
