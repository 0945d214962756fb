/** `/people`: everybody who has an account, for those who help. */
import type { Person, PersonRole } from '../../protocols/people.ts'
import { MAX_SHOWN_NAME_CHARACTERS } from '../../protocols/person-name.ts'
import type { RoomGlance } from '../../protocols/room-glance.ts'
import { type FormProblem, renderField, renderProblem } from '../form.ts'
import { hashOf } from '../hash.ts'
import { type Html, html } from '../html.ts'
import type { Language } from '../languages.ts'
import { renderPage } from '../page-frame.ts'
import { roomTextsIn } from '../room/texts.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { renderNewCode } from './account-page.ts'
import { renderHere } from './here-part.ts'
import { type PeopleTexts, peopleTextsIn } from './texts.ts'

export interface PersonRow {
  person: Person
  mayResetCode: boolean
  mayChange: boolean
}

export interface PeopleList {
  rows: readonly PersonRow[]
  /** A code that was made a moment ago, to be handed over. */
  newCode?: { name: string; shownName: string; code: string }
  mayAdd: boolean
  /** Who is here; absent where there is no dashboard. */
  here?: { glance: RoomGlance; script: string | undefined }
  /** Only for those who may change it. */
  signUpIsOpen?: boolean
  /** Cards wait to be printed. */
  hasCards: boolean
  /** What was typed, when it comes back with a problem. */
  names?: string
  problem?: FormProblem
}

/** A big class; more go in two goes, since each code takes a moment to make. */
export const MAX_NAMES_AT_ONCE = 60

const ROLES: readonly PersonRole[] = ['learner', 'helper', 'facilitator']

export function renderPeoplePage(list: PeopleList, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = peopleTextsIn(visitor.language)
  const { newCode } = list
  return renderPage({
    title: words.people.title,
    heading: words.people.title,
    tagline: words.people.explain,
    texts,
    visitor,
    link: { href: '/room', text: texts.facilitatorPage },
    main: html`<div class="flow"${list.here?.script !== undefined && html` data-room="help"`}>
${newCode && renderNewCode(newCode.name, newCode.code, '/people/code-noted', words, words.people.codeFor(newCode.shownName))}
${list.problem && list.problem.field === undefined && html`<div class="card">${renderProblem(list.problem)}</div>`}
${list.here && renderHerePart(list.here.glance, visitor.language, list.here.script !== undefined)}
${list.hasCards && html`<p><a class="button" href="/people/cards">${words.cards.title}</a></p>`}
${
  list.mayAdd &&
  html`<section class="card" aria-labelledby="add-title">
<h2 id="add-title">${words.people.addTitle}</h2>
<form class="form" method="post" action="/people/add">
${renderField({
  name: 'name',
  label: words.people.names,
  hint: words.people.namesHint,
  value: list.names ?? '',
  problem: list.problem,
  autocomplete: 'off',
  rows: 4,
  maxLength: MAX_NAMES_AT_ONCE * (MAX_SHOWN_NAME_CHARACTERS + 2)
})}
<button class="button" type="submit">${words.people.add}</button>
</form>
</section>`
}
${list.signUpIsOpen !== undefined && renderSignUpState(list.signUpIsOpen, words)}
<section class="card" aria-labelledby="people-title">
<h2 id="people-title">${words.people.title}</h2>
<ul class="plain people">${list.rows.map((row) => renderRow(row, words))}</ul>
</section>
</div>
${list.here?.script !== undefined && html`<script type="module" src="${list.here.script}"></script>`}`
  })
}

/** Filled again by the dashboard's script, as its parts are. */
function renderHerePart(glance: RoomGlance, language: Language, isFollowed: boolean): Html {
  const shown = renderHere(glance, { language })
  const words = roomTextsIn(language)
  return html`<div data-part="here" data-hash="${hashOf(shown.html)}">${shown}</div>
${isFollowed && html`<p class="live" data-live-state data-live-on="${words.live}" data-live-off="${words.notLive}" role="status"></p>`}`
}

function renderSignUpState(isOpen: boolean, words: PeopleTexts): Html {
  const said = words.signUpState
  return html`<section class="card" aria-labelledby="sign-up-title">
<h2 id="sign-up-title">${said.title}</h2>
<p>${isOpen ? said.open : said.closed}</p>
<form class="buttons" method="post" action="/people/sign-up"><button class="button" name="open" value="${isOpen ? 'no' : 'yes'}">${isOpen ? said.close : said.reopen}</button> <a class="button" href="/people/unused">${words.unused.title}</a></form>
</section>`
}

function renderRow({ person, mayResetCode, mayChange }: PersonRow, words: PeopleTexts): Html {
  const { name, shownName, role, id } = person
  return html`<li class="row" id="person-${id}">
<div class="row-text"><h3><a href="/${name}">${shownName}</a></h3><p class="faint">${name} · ${words.me.role[role]}</p></div>
<div class="buttons">${
    mayResetCode &&
    html`<form method="post" action="/people/code"><input type="hidden" name="person" value="${id}"><button class="button" type="submit">${words.people.newCode}<span class="for-readers">: ${shownName}</span></button></form>`
  }${
    mayChange &&
    html`<details><summary>${words.people.role}<span class="for-readers">: ${shownName}</span></summary>
<form class="buttons" method="post" action="/people/role"><input type="hidden" name="person" value="${id}">
<div class="field"><label class="for-readers" for="role-${id}">${words.people.role}</label><select id="role-${id}" name="role">${ROLES.map(
      (one) => html`<option value="${one}"${one === role && html` selected`}>${words.me.role[one]}</option>`
    )}</select></div>
<button class="button" type="submit">${words.people.changeRole}</button></form>
<form method="post" action="/people/remove"><input type="hidden" name="person" value="${id}"><button class="button button-danger" type="submit">${words.people.remove}<span class="for-readers">: ${shownName}</span></button></form></details>`
  }</div>
</li>`
}
