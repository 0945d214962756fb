/** What came of adding a file or a stick; while it goes on the page asks again by itself. */
import { formatCount } from '../formats.ts'
import { html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { importWordsIn } from './import-texts.ts'
import { roomTextsIn } from './texts.ts'

export interface ShownJob {
  what: string
  isRunning: boolean
  added?: { collections: readonly { collection: string; added: number; updated: number }[]; refused: number }
  problem?: { code: string; text: string; next: string }
}

export function renderContentPage(job: ShownJob | undefined, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const { content } = roomTextsIn(visitor.language)
  const problem = job?.problem
  const words = problem && importWordsIn(visitor.language, problem.code, job.what)
  const count = (value: number): string => formatCount(value, visitor.language)
  return renderPage({
    title: content.title,
    heading: content.title,
    texts,
    visitor,
    link: { href: '/room', text: content.back },
    main: html`<section class="card" aria-labelledby="job-title">
<h2 id="job-title">${job?.what ?? content.title}</h2>
${job?.isRunning && html`<p role="status">${content.running}</p>`}
${
  job?.added &&
  html`<p>${content.added}</p><ul class="plain">${job.added.collections.map(
    ({ collection, added, updated }) =>
      html`<li><strong>${collection}</strong> +${count(added)} · ↻ ${count(updated)}</li>`
  )}</ul>${job.added.refused > 0 && html`<p>${content.refused(job.added.refused)}</p>`}`
}
${problem && html`<p class="problem" role="alert">${content.failed} ${words ?? problem.text}</p><p class="faint" lang="en">${words === undefined ? problem.next : problem.text}</p>`}
<p><a class="button" href="/room#content">${content.back}</a></p>
</section>`
  })
}
