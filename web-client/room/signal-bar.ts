/** The red and green sticky of the Carpentries and a raised hand, at the foot of every page of somebody who is signed in. A form: it works without scripts. */
import { assetAddresses } from '../asset-addresses.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { signalTextsIn } from './signal-texts.ts'

/** As `ShownSignal` of the node. */
export interface VisitorSignal {
  sticky?: 'green' | 'red'
  hand: boolean
}

/** @param page the path of the page, to come back to */
export function renderSignalBar(signal: VisitorSignal, page: string, language: Language): Html {
  const texts = signalTextsIn(language)
  return html`<aside class="signals" aria-label="${texts.title}">
<form method="post" action="/signals" data-signals data-failed="${texts.failed}">
<input type="hidden" name="next" value="${page}">
${renderButton({ name: 'sticky', value: 'green', off: 'none', isOn: signal.sticky === 'green', label: texts.green, hint: texts.greenHint })}
${renderButton({ name: 'sticky', value: 'red', off: 'none', isOn: signal.sticky === 'red', label: texts.red, hint: texts.redHint })}
${renderButton({ name: 'hand', value: 'up', off: 'down', isOn: signal.hand, label: texts.hand, hint: texts.handHint })}
</form>
<script src="${assetAddresses().signals}" defer></script>
</aside>`
}

interface Button {
  name: string
  value: string
  off: string
  isOn: boolean
  label: string
  hint: string
}

/** Pressed again it goes down. Told apart by shape and word, not by colour alone. */
function renderButton({ name, value, off, isOn, label, hint }: Button): Html {
  return html`<button class="signal ${value}" name="${name}" value="${isOn ? off : value}" data-on="${value}" data-off="${off}" aria-pressed="${isOn ? 'true' : 'false'}" title="${hint}">${SHAPES[value]}<span>${label}</span></button>`
}

const SHAPES: Readonly<Record<string, Html>> = {
  green: html`<svg viewBox="0 0 20 20" aria-hidden="true"><path class="paper" d="M2 2h16v11l-5 5H2z"/><path d="m6 9 3 3 5-6" fill="none"/></svg>`,
  red: html`<svg viewBox="0 0 20 20" aria-hidden="true"><path class="paper" d="M2 2h16v11l-5 5H2z"/><path d="M10 5v5m0 3v.5" fill="none"/></svg>`,
  up: html`<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M7 11V4.5a1.2 1.2 0 0 1 2.4 0V9m0-5.500a1.200 1.200 0 0 1 2.400 0V9m0-4a1.200 1.200 0 0 1 2.400 0v7.500a5 5 0 0 1-5 5c-2.200 0-3.600-1-4.600-3l-1.500-3a1.200 1.200 0 0 1 2-1.200L7 12" fill="none"/></svg>`
}
