/** `/setup` and `/setup/<tool>`: the line for this visitor's system first, the other below, and how to undo it. */
import { renderLine } from '../first-page.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import {
  runLine,
  SETUP_TOOLS,
  type SetupPlace,
  type SetupTool,
  setupLine,
  setupScriptPath,
  undoLine
} from './setup-tool.ts'
import { type SetupTexts, setupTextsIn } from './texts.ts'

export function renderSetupPage(tool: SetupTool | undefined, place: SetupPlace, visitor: Visitor): string {
  const words = setupTextsIn(visitor.language)
  const tools = tool ? [tool] : SETUP_TOOLS
  return renderPage({
    title: words.title,
    heading: words.title,
    tagline: words.tagline,
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/', text: words.back },
    main: html`<div class="flow">${tools.map((one) => renderTool(one, place, visitor, words))}</div>`
  })
}

function renderTool(tool: SetupTool, place: SetupPlace, visitor: Visitor, words: SetupTexts): Html {
  const { name, what } = words.tools[tool]
  const systems = visitor.system === 'windows' ? (['ps1', 'sh'] as const) : (['sh', 'ps1'] as const)
  return html`<section class="card" aria-labelledby="${tool}-title">
<h2 id="${tool}-title">${name}</h2>
<p class="explain">${what} ${words.project[tool]}</p>
${systems.map((system, at) =>
  at === 0
    ? html`<h3>${system === 'sh' ? words.unix : words.windows}</h3>${renderSystem(tool, system, place, words)}`
    : html`<details><summary>${system === 'sh' ? words.unix : words.windows}</summary>${renderSystem(tool, system, place, words)}</details>`
)}
</section>`
}

function renderSystem(tool: SetupTool, system: 'sh' | 'ps1', place: SetupPlace, words: SetupTexts): Html {
  const path = setupScriptPath(tool, system)
  return html`<p>${words.paste}</p>
${renderLine(setupLine(tool, system, place))}
<p>${words.again} ${words.file} <a href="${path}" download>${path.slice(path.lastIndexOf('/') + 1)}</a><br>
${words.run} <code>${runLine(tool, system)}</code></p>
<h4>${words.leave}</h4>
<p>${words.leaveExplain}</p>
${renderLine(undoLine(tool, system))}`
}
