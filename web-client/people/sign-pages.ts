/** `/sign-up`, `/sign-in` and `/sign-out`: plain forms, with what was wrong at the field. */
import { MAX_PERSON_NAME_CHARACTERS, MAX_SHOWN_NAME_CHARACTERS } from '../../protocols/person-name.ts'
import { type FormProblem, renderField, renderProblem } from '../form.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { peopleTextsIn } from './texts.ts'

export interface SignForm {
  name?: string
  /** The name in addresses, when it was asked for. */
  address?: string
  /** Where to go afterwards: a path of ours. */
  next?: string
  problem?: FormProblem
  /** Nobody can sign up just now. */
  isClosed?: boolean
}

export function renderSignUpPage(form: SignForm, visitor: Visitor): string {
  const texts = peopleTextsIn(visitor.language)
  const words = texts.signUp
  if (form.isClosed)
    return page(visitor, form, {
      heading: words.title,
      main: html`<p role="alert">${texts.problems.closed}</p>
<p><a class="button" href="${withNext('/sign-in', form.next)}">${words.haveCode}</a></p>`
    })
  const asksAddress = form.address !== undefined || form.problem?.field === 'address'
  return page(visitor, form, {
    heading: words.title,
    tagline: words.tagline,
    main: html`<form class="form" method="post" action="/sign-up">
${renderProblem(form.problem)}
${renderField({
  name: 'name',
  label: words.name,
  hint: words.nameHint,
  value: form.name ?? '',
  problem: form.problem,
  autocomplete: 'name',
  maxLength: MAX_SHOWN_NAME_CHARACTERS
})}
${
  asksAddress &&
  renderField({
    name: 'address',
    label: texts.address.label,
    hint: texts.address.hint,
    value: form.address ?? '',
    problem: form.problem,
    autocomplete: 'username',
    maxLength: MAX_PERSON_NAME_CHARACTERS
  })
}
${renderNext(form.next)}
<button class="button button-strong" type="submit">${words.make}</button>
</form>
<p><a href="${withNext('/sign-in', form.next)}">${words.haveCode}</a></p>`
  })
}

export function renderSignInPage(form: SignForm, visitor: Visitor): string {
  const words = peopleTextsIn(visitor.language).signIn
  return page(visitor, form, {
    heading: words.title,
    main: html`<form class="form" method="post" action="/sign-in">
${renderProblem(form.problem)}
${renderField({
  name: 'name',
  label: words.name,
  value: form.name ?? '',
  problem: form.problem,
  autocomplete: 'username',
  maxLength: MAX_SHOWN_NAME_CHARACTERS
})}
${renderField({
  name: 'code',
  label: words.code,
  hint: words.codeHint,
  problem: form.problem,
  autocomplete: 'current-password',
  secret: true,
  maxLength: 60
})}
${renderNext(form.next)}
<button class="button button-strong" type="submit">${words.enter}</button>
</form>
<p><a href="${withNext('/sign-up', form.next)}">${words.noAccount}</a></p>
<p class="faint">${words.lost}</p>`
  })
}

export function renderSignOutPage(visitor: Visitor): string {
  const words = peopleTextsIn(visitor.language).signOut
  return page(
    visitor,
    {},
    {
      heading: words.title,
      main: html`<p>${words.explain}</p>
<form method="post" action="/sign-out"><button class="button button-strong" type="submit">${words.button}</button></form>`
    }
  )
}

function page(visitor: Visitor, form: SignForm, parts: { heading: string; tagline?: string; main: Html }): string {
  const texts = textsIn(visitor.language)
  const { heading, tagline, main } = parts
  return renderPage({
    // Said first by a screen reader when the page comes back with a problem.
    title: form.problem ? `⚠ ${heading}` : heading,
    heading,
    ...(tagline !== undefined && { tagline }),
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    main: html`<div class="card narrow">
${main}
</div>`
  })
}

function renderNext(next: string | undefined): Html | undefined {
  return next === undefined ? undefined : html`<input type="hidden" name="next" value="${next}">`
}

function withNext(path: string, next: string | undefined): string {
  return next === undefined ? path : `${path}?${new URLSearchParams({ next })}`
}
