/** `/me/keys`: SSH keys and tokens. A token is shown once. */
import { ACCESS_SCOPES, type AccessKeyUse, type AccessScope } from '../../protocols/people.ts'
import { MAX_ACCESS_KEY_LABEL_CHARACTERS } from '../../protocols/people-facts.ts'
import { type FormProblem, renderField } from '../form.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type KeyTexts, keyTextsIn } from './key-texts.ts'
import { peopleTextsIn } from './texts.ts'

export interface KeysView {
  /** The person's, as in addresses. */
  name: string
  /** Of this device, as the visitor typed it. */
  host: string
  keys: readonly { hash: string; use: AccessKeyUse; label: string; scopes: readonly AccessScope[] }[]
  /** Just made; shown until it was noted. */
  token?: string
  /** Absent: no git over SSH here. */
  sshPort?: number
  key?: string
  label?: string
  problem?: FormProblem
}

/** The line of a large RSA key. */
const MAX_KEY_LINE_CHARACTERS = 2_500

export function renderKeysPage(view: KeysView, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = keyTextsIn(visitor.language)
  return renderPage({
    title: view.problem ? `⚠ ${words.title}` : words.title,
    heading: words.title,
    tagline: words.tagline,
    texts,
    visitor,
    link: { href: '/me', text: peopleTextsIn(visitor.language).me.title },
    main: html`<div class="flow narrow">
${view.token !== undefined && renderToken(view.token, words)}
<section class="card">
${
  view.keys.length === 0
    ? html`<p>${words.none}</p>`
    : html`<ul class="keys">${view.keys.map((key) => renderKey(key, words))}</ul>`
}
</section>
<section class="card" aria-labelledby="ssh-title">
<h2 id="ssh-title">${words.ssh.title}</h2>
<p>${withCode(words.ssh.explain)}</p>
${
  view.sshPort !== undefined &&
  html`<p>${words.ssh.address}</p><p><code>ssh://git@${view.host.includes(':') ? `[${view.host}]` : view.host}:${view.sshPort}/${view.name}/recipes.git</code></p>`
}
<form class="form" method="post" action="/me/keys/ssh">
${renderField({
  name: 'key',
  label: words.ssh.key,
  hint: words.ssh.hint,
  value: view.key ?? '',
  problem: view.problem,
  autocomplete: 'off',
  secret: true,
  rows: 3,
  maxLength: MAX_KEY_LINE_CHARACTERS
})}
<button class="button" type="submit">${words.ssh.add}</button>
</form>
</section>
<section class="card" aria-labelledby="token-title">
<h2 id="token-title">${words.token.title}</h2>
<p>${words.token.explain}</p>
<form class="form" method="post" action="/me/keys/token">
${renderField({
  name: 'label',
  label: words.token.label,
  hint: words.token.hint,
  value: view.label ?? '',
  problem: view.problem,
  autocomplete: 'off',
  maxLength: MAX_ACCESS_KEY_LABEL_CHARACTERS
})}
<fieldset class="choices"><legend>${words.token.forWhat}</legend>${ACCESS_SCOPES.map(
      (scope, at) =>
        html`<label><input type="checkbox" name="scope" value="${scope}"${at === 0 && html` checked`}> ${words.scopes[scope]}</label>`
    )}</fieldset>
<button class="button" type="submit">${words.token.make}</button>
</form>
</section>
</div>`
  })
}

/** What stands between backticks is a line to type. */
function withCode(text: string): Html {
  return html`${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}`
}

function renderToken(token: string, words: KeyTexts): Html {
  return html`<section class="card notice" aria-labelledby="fresh-title">
<h2 id="fresh-title">${words.fresh.title}</h2>
<p>${words.fresh.explain}</p>
<p><code>${token}</code></p>
<form method="post" action="/me/keys/noted"><button class="button button-strong" type="submit">${words.fresh.noted}</button></form>
</section>`
}

function renderKey({ hash, use, label, scopes }: KeysView['keys'][number], words: KeyTexts): Html {
  const id = `key-${hash.slice(0, 16)}`
  return html`<li>
<p id="${id}"><strong>${label}</strong><br><span class="faint">${words.uses[use]} · ${scopes.map((scope) => words.scopes[scope]).join(', ')}</span></p>
<form method="post" action="/me/keys/end"><input type="hidden" name="key" value="${hash}"><button class="button" type="submit" aria-describedby="${id}">${words.end}</button></form>
</li>`
}
