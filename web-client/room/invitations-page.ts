/** `/room/invitations`: make one, hand it over as a code, a text or a line to paste, and take one back. */
import { MAX_INVITED_DEVICES, USUAL_INVITED_DEVICES } from '../../protocols/invitation.ts'
import { renderLine } from '../first-page.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { qrCode } from '../qr-code.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type InvitationTexts, invitationTextsIn } from './invitation-texts.ts'
import { roomTextsIn } from './texts.ts'

export interface FreshInvitation {
  /** Of its token; not secret, everything else is. */
  id: string
  text: string
  uses: number
  role: 'node' | 'laptop'
  /** What a computer that has nothing yet is given to paste. */
  line?: string
}

export interface ShownInvitation {
  id: string
  /** Name of the device that made it. */
  by: string
  usesLeft: number
  usedBy: readonly string[]
}

export interface InvitationsView {
  open: readonly ShownInvitation[]
  /** Made a moment ago, by whoever looks. */
  made?: FreshInvitation
}

export function renderInvitationsPage({ open, made }: InvitationsView, visitor: Visitor): string {
  const words = invitationTextsIn(visitor.language)
  return renderPage({
    title: words.title,
    heading: words.title,
    tagline: words.tagline,
    texts: textsIn(visitor.language),
    visitor,
    link: { href: '/room', text: roomTextsIn(visitor.language).content.back },
    main: html`<div class="flow">
${made && renderMade(made, words)}
<section class="card narrow" aria-labelledby="make-title">
<h2 id="make-title">${words.make}</h2>
<form class="form" method="post" action="/room/invitations">
<div class="field"><label for="uses">${words.uses}</label><input id="uses" name="uses" type="number" inputmode="numeric" min="1" max="${MAX_INVITED_DEVICES}" value="${USUAL_INVITED_DEVICES}" required></div>
<div class="field"><label for="role">${words.role}</label><select id="role" name="role">${(
      ['node', 'laptop'] as const
    ).map((role) => html`<option value="${role}">${words.roles[role]}</option>`)}</select></div>
<button class="button button-strong">${words.makeIt}</button>
</form>
</section>
<section class="card" aria-labelledby="open-title">
<h2 id="open-title">${words.open}</h2>
${open.length === 0 ? html`<p class="faint">${words.none}</p>` : html`<p class="explain">${words.revokeExplain}</p><ul class="plain keys">${open.map((one) => renderOpen(one, words))}</ul>`}
</section>
</div>`
  })
}

function renderMade({ text, uses, role, line }: FreshInvitation, words: InvitationTexts): Html {
  const asRole = role === 'laptop' ? ' --role laptop' : ''
  return html`<section class="card notice" aria-labelledby="made-title">
<h2 id="made-title">${words.made}</h2>
<p><strong>${words.letsIn(uses)}</strong> ${words.secret}</p>
<h3>${words.line}</h3>
${line === undefined ? html`<p class="faint">${words.noLine}</p>` : html`<p class="explain">${words.lineExplain}</p>${renderLine(line + asRole)}`}
<h3>${words.onDevice}</h3>
${renderLine(`joinery start --join ${text}${asRole}`)}
<h3>${words.text}</h3>
${renderLine(text)}
<div class="invitation-code">${qrCode(text, words.code)}</div>
<form method="post" action="/room/invitations/noted"><button class="button button-strong">${words.noted}</button></form>
</section>`
}

/** Enough to tell a few apart. */
const SHOWN_ID_CHARACTERS = 8

function renderOpen({ id, by, usesLeft, usedBy }: ShownInvitation, words: InvitationTexts): Html {
  const short = id.slice(0, SHOWN_ID_CHARACTERS)
  return html`<li><div><strong class="mono">${short}</strong> ${words.left(usesLeft)} <span class="faint">· ${words.by(by)}${
    usedBy.length > 0 && html` · ${words.usedBy(usedBy.join(', '))}`
  }</span></div>
<form method="post" action="/room/invitations/revoke"><input type="hidden" name="invitation" value="${id}"><button class="button button-danger">${words.revoke}<span class="for-readers">: ${short}</span></button></form></li>`
}
