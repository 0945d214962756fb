/** `/<person>/<repository>/settings`: who may push. */
import { MAX_REPOSITORY_NAME_CHARACTERS } from '../../protocols/git-names.ts'
import { MAX_SHOWN_NAME_CHARACTERS } from '../../protocols/person-name.ts'
import { type FormProblem, renderField } from '../form.ts'
import { html } from '../html.ts'
import type { Visitor } from '../visitor.ts'
import { type RepositoryHead, renderRepositoryPage, repositoryPath } from './repository-frame.ts'
import { repositoryTextsIn } from './texts.ts'

export interface Collaborator {
  id: string
  name: string
  shownName: string
}

export function renderSettingsPage(
  head: RepositoryHead,
  collaborators: readonly Collaborator[],
  form: { name?: string; problem?: FormProblem },
  visitor: Visitor
): string {
  const { collaborators: words, remove } = repositoryTextsIn(visitor.language)
  const action = `${repositoryPath(head)}/settings`
  return renderRepositoryPage(
    head,
    'settings',
    visitor,
    html`<section class="card narrow" aria-labelledby="collaborators-title">
<h2 id="collaborators-title">${words.title}</h2>
<p class="explain">${words.explain}</p>
${
  collaborators.length === 0
    ? html`<p>${words.none}</p>`
    : html`<ul class="plain">${collaborators.map(
        ({ id, name, shownName }) => html`<li class="row">
<div class="row-text"><a href="/${name}">${shownName}</a> <span class="faint">${name}</span></div>
<form method="post" action="${action}/remove-collaborator"><input type="hidden" name="person" value="${id}"><button class="button" type="submit">${words.remove(shownName)}</button></form>
</li>`
      )}</ul>`
}
<form class="form" method="post" action="${action}/add-collaborator">
${renderField({
  name: 'name',
  label: words.name,
  value: form.name ?? '',
  problem: form.problem,
  autocomplete: 'off',
  maxLength: MAX_SHOWN_NAME_CHARACTERS
})}
<button class="button button-strong" type="submit">${words.add}</button>
</form>
</section>
<section class="card narrow" aria-labelledby="delete-title">
<h2 id="delete-title">${remove.title}</h2>
<p>${remove.explain}</p>
<form class="form" method="post" action="${action}/remove">
${renderField({
  name: 'confirm',
  label: remove.confirm(head.name),
  problem: form.problem,
  autocomplete: 'off',
  maxLength: MAX_REPOSITORY_NAME_CHARACTERS
})}
<button class="button button-danger" type="submit">${remove.button}</button>
</form>
</section>`,
    words.title
  )
}
