/** "Ready for class?": the button, and the report to print. */
import { READY_STEPS, type ReadyReport, type ReadyResult } from '../../protocols/ready-report.ts'
import { formatCount } from '../formats.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type RoomTexts, roomTextsIn } from './texts.ts'

const STATES = { ok: 'good', failed: 'bad', missing: 'wait' } as const

export function renderReadyPage(
  check: { isRunning: boolean; report: ReadyReport } | undefined,
  visitor: Visitor
): string {
  const words = roomTextsIn(visitor.language)
  const { ready, content } = words
  return renderPage({
    title: ready.title,
    heading: ready.title,
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/room', text: content.back },
    main: html`<div class="flow"><section class="card" aria-labelledby="ready-title">
<h2 id="ready-title">${ready.title}</h2>
<p class="explain">${ready.explain}</p>
${
  check?.isRunning
    ? html`<p role="status"><strong>${ready.running}</strong></p>`
    : html`${
        check
          ? html`<p role="status"><span class="state ${check.report.ready ? 'good' : 'bad'}">${check.report.ready ? ready.good : ready.bad}</span></p>`
          : html`<p class="faint">${ready.none}</p>`
      }<form method="post" action="/room/ready"><button class="button button-strong">${ready.start}</button></form>`
}
</section>
${check?.report.devices.map(
  ({ name, address, steps }) => html`<section class="card readiness">
<h2>${name}</h2>
${address !== undefined && html`<p class="faint">${address}</p>`}
<dl>${READY_STEPS.map((step) =>
    renderStep(
      step,
      steps.find((one) => one.step === step),
      words,
      visitor
    )
  )}</dl>
</section>`
)}
${check && !check.isRunning && html`<p class="faint">${ready.print}</p>`}</div>`
  })
}

function renderStep(
  step: (typeof READY_STEPS)[number],
  result: ReadyResult | undefined,
  { ready }: RoomTexts,
  { language }: Visitor
): Html {
  if (!result) return html``
  const { outcome, tookMs, detail } = result
  const seconds = `${formatCount(Math.ceil(tookMs / 100) / 10, language)} s`
  return html`<div><dt>${ready.steps[step]}</dt><dd><span class="state ${STATES[outcome]}">${ready[outcome]}</span>${
    outcome === 'ok' && html` <span class="faint">${seconds}</span>`
  }${outcome === 'failed' && detail !== undefined && html` <span class="faint">${detail}</span>`}</dd></div>`
}
