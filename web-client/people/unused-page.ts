/** `/people/unused`: accounts that nobody used, to be removed in one step. */
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type PeopleTexts, peopleTextsIn } from './texts.ts'

export const UNUSED_GROUPS = ['once', 'cards', 'again'] as const
export type UnusedGroup = (typeof UNUSED_GROUPS)[number]

export interface UnusedView {
  /** Names as they are shown, by what is known of their use. */
  groups: Readonly<Record<UnusedGroup, readonly string[]>>
  /** How many are being removed just now. */
  removing: number
}

/** Of each group; with more the number says enough. */
const MAX_SHOWN_NAMES = 200

export function renderUnusedPage({ groups, removing }: UnusedView, visitor: Visitor): string {
  const words = peopleTextsIn(visitor.language)
  const said = words.unused
  const isEmpty = UNUSED_GROUPS.every((group) => groups[group].length === 0)
  return renderPage({
    title: said.title,
    heading: said.title,
    tagline: said.explain,
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/people', text: words.people.title },
    main: html`<div class="flow narrow">
${removing > 0 && html`<p class="card notice" role="status">${said.removing(removing)}</p>`}
${isEmpty && removing === 0 && html`<p class="card">${said.none}</p>`}
${
  !isEmpty &&
  html`<form class="form" method="post" action="/people/unused">
${UNUSED_GROUPS.filter((group) => groups[group].length > 0).map((group) => renderGroup(group, groups[group], words))}
<button class="button button-danger" type="submit">${said.remove}</button>
</form>`
}
</div>`
  })
}

/** Those that signed up and never came back are what a flood of sign-ups leaves; cards may still be in somebody's pocket. */
function renderGroup(group: UnusedGroup, names: readonly string[], words: PeopleTexts): Html {
  const said = words.unused
  const shown = names.slice(0, MAX_SHOWN_NAMES)
  return html`<section class="card">
<p><label><input type="checkbox" name="${group}" value="yes"${group === 'once' && html` checked`}> <strong>${said[group](names.length)}</strong></label></p>
<details><summary>${said.names}</summary><p class="faint">${shown.join(', ')}${names.length > shown.length && ', …'}</p></details>
</section>`
}
