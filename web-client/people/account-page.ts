/** `/me`: who I am here, my code while it is new, where I am signed in, and the way out. */
import type { PersonRole } from '../../protocols/people.ts'
import { MAX_PERSON_NAME_CHARACTERS, MAX_SHOWN_NAME_CHARACTERS } from '../../protocols/person-name.ts'
import { type FormProblem, renderField, renderProblem } from '../form.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { keyTextsIn } from './key-texts.ts'
import { type PeopleTexts, peopleTextsIn } from './texts.ts'

export interface Account {
  name: string
  shownName: string
  role: PersonRole
  /** Browsers that are signed in, this one included. */
  sessions: number
  /** Only until it was noted. */
  code?: string
  /** They may see everybody's accounts. */
  seesPeople: boolean
  hasRepositories: boolean
}

export interface AccountForm {
  /** What was typed, when it comes back with a problem. */
  shownName?: string
  name?: string
  problem?: FormProblem
  saved?: boolean
}

export function renderAccountPage(account: Account, form: AccountForm, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = peopleTextsIn(visitor.language)
  return renderPage({
    title: form.problem ? `⚠ ${words.me.title}` : words.me.title,
    heading: account.shownName,
    tagline: `${account.name} · ${words.me.role[account.role]}`,
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    main: html`<div class="flow narrow">
${form.saved && html`<p class="done" role="status">${words.done}</p>`}
${account.code !== undefined && renderNewCode(account.name, account.code, '/me/code-noted', words)}
<section class="card">
<p class="buttons">${
      account.hasRepositories && html`<a class="button" href="/${account.name}">${words.me.repositories}</a> `
    }${account.seesPeople && html`<a class="button" href="/people">${words.people.title}</a> `}<a class="button" href="/me/keys">${keyTextsIn(visitor.language).title}</a> <a class="button" href="/sign-out">${words.signOut.title}</a></p>
</section>
${renderNaming(account, form, words)}
<section class="card" aria-labelledby="sessions-title">
<h2 id="sessions-title">${words.sessions.title}</h2>
<p>${words.sessions.count(account.sessions)}</p>
${
  account.sessions > 1 &&
  html`<form method="post" action="/me/sign-out-others"><button class="button" type="submit">${words.sessions.endOthers}</button></form>`
}
</section>
<section class="card" aria-labelledby="code-title">
<h2 id="code-title">${words.newCode.title}</h2>
<p>${words.newCode.explain}</p>
<form method="post" action="/me/code"><button class="button" type="submit">${words.newCode.button}</button></form>
</section>
<section class="card" aria-labelledby="remove-title" id="remove">
<h2 id="remove-title">${words.remove.title}</h2>
<p>${words.remove.explain}</p>
<form class="form" method="post" action="/me/remove">
${renderField({
  name: 'confirm',
  label: words.remove.confirm(account.name),
  problem: form.problem,
  autocomplete: 'off',
  maxLength: MAX_SHOWN_NAME_CHARACTERS
})}
<button class="button button-danger" type="submit">${words.remove.button}</button>
</form>
</section>
</div>`
  })
}

function renderNaming(account: Account, form: AccountForm, words: PeopleTexts): Html {
  return html`<section class="card" aria-labelledby="naming-title" id="name">
<h2 id="naming-title">${words.naming.title}</h2>
<form class="form" method="post" action="/me/name">
${renderProblem(form.problem)}
${renderField({
  name: 'shown-name',
  label: words.naming.shown,
  value: form.shownName ?? account.shownName,
  problem: form.problem,
  autocomplete: 'name',
  maxLength: MAX_SHOWN_NAME_CHARACTERS
})}
${renderField({
  name: 'address',
  label: words.address.label,
  hint: words.address.hint,
  value: form.name ?? account.name,
  problem: form.problem,
  autocomplete: 'username',
  maxLength: MAX_PERSON_NAME_CHARACTERS
})}
<button class="button" type="submit">${words.naming.save}</button>
</form>
</section>`
}

/** Also what a facilitator hands to somebody else. */
export function renderNewCode(
  name: string,
  code: string,
  notedAction: string,
  words: PeopleTexts,
  title?: string
): Html {
  return html`<section class="card notice" aria-labelledby="new-code-title">
<h2 id="new-code-title">${title ?? words.code.title}</h2>
<p>${words.code.explain}</p>
<dl class="facts">
<div><dt>${words.code.name}</dt><dd>${name}</dd></div>
<div><dt>${words.code.code}</dt><dd>${code}</dd></div>
</dl>
<p class="explain">${words.code.git}</p>
<form method="post" action="${notedAction}"><button class="button button-strong" type="submit">${words.code.noted}</button></form>
</section>`
}
