/** `/repositories`, `/<person>` and `/new`: which repositories there are, and a form to make one. */

import { MAX_REPOSITORY_NAME_CHARACTERS } from '../../protocols/git-names.ts'
import { type FormProblem, renderField, renderProblem } from '../form.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { repositoryTextsIn } from './texts.ts'

export interface RepositoryLine {
  owner: { name: string; shownName: string }
  name: string
}

export function renderAllRepositories(repositories: readonly RepositoryLine[], visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = repositoryTextsIn(visitor.language)
  return renderPage({
    title: words.all.title,
    heading: words.all.title,
    tagline: words.all.explain,
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    main: html`<section class="card" aria-label="${words.all.title}">
${repositories.length === 0 ? html`<p>${words.all.none}</p>` : renderList(repositories, true)}
${visitor.accounts && renderNewButton(visitor)}
</section>`
  })
}

export function renderPersonPage(
  person: { name: string; shownName: string },
  repositories: readonly RepositoryLine[],
  visitor: Visitor
): string {
  const texts = textsIn(visitor.language)
  const words = repositoryTextsIn(visitor.language)
  const mine = visitor.person?.name === person.name
  return renderPage({
    title: person.shownName,
    heading: person.shownName,
    tagline: person.name,
    texts,
    visitor,
    link: { href: '/repositories', text: texts.repositories.title },
    main: html`<section class="card" aria-labelledby="repositories-title">
<h2 id="repositories-title">${words.all.title}</h2>
${
  repositories.length === 0
    ? html`<p>${mine ? words.ofPerson.noneOfYours : words.ofPerson.none}</p>`
    : renderList(repositories, false)
}
${mine && renderNewButton(visitor)}
</section>`
  })
}

function renderList(repositories: readonly RepositoryLine[], withOwner: boolean): Html {
  return html`<ul class="lessons">${repositories.map(
    ({ owner, name }) =>
      html`<li><a href="/${owner.name}/${name}"><strong>${name}</strong>${withOwner && html`<span class="faint">${owner.shownName}</span>`}</a></li>`
  )}</ul>`
}

function renderNewButton(visitor: Visitor): Html {
  return html`<p><a class="button button-strong" href="/new">${repositoryTextsIn(visitor.language).create.another}</a></p>`
}

export interface NewRepositoryForm {
  name?: string
  problem?: FormProblem
}

export function renderNewRepositoryPage(owner: string, form: NewRepositoryForm, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = repositoryTextsIn(visitor.language).create
  return renderPage({
    title: form.problem ? `⚠ ${words.title}` : words.title,
    heading: words.title,
    tagline: words.explain,
    texts,
    visitor,
    link: { href: `/${owner}`, text: texts.repositories.open },
    main: html`<div class="card narrow">
<form class="form" method="post" action="/new">
${renderProblem(form.problem)}
${renderField({
  name: 'name',
  label: words.name,
  hint: words.nameHint,
  value: form.name ?? '',
  problem: form.problem,
  autocomplete: 'off',
  maxLength: MAX_REPOSITORY_NAME_CHARACTERS
})}
<button class="button button-strong" type="submit">${words.button}</button>
</form>
</div>`
  })
}
