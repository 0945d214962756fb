/** `/take-home`: what everybody may carry away, what is one's own, and what ends a class. Works without scripts. */
import { type FormProblem, renderField, renderProblem } from '../form.ts'
import { formatBytes } from '../formats.ts'
import { type Html, html } from '../html.ts'
import { renderPage } from '../page-frame.ts'
import { textsIn } from '../texts.ts'
import type { Visitor } from '../visitor.ts'
import { type TakeHomeTexts, takeHomeTextsIn } from './texts.ts'

export interface TakeHomeView {
  lessonFiles: number
  lessonBytes: number
  notes: number
  /** The visitor's own. */
  repositories: number
  /** Only for who may take the whole class. */
  wholeClass?: { people: number; archived: boolean }
  problem?: FormProblem
  /** A new class was begun just now. */
  begun?: boolean
}

export const MAX_CONFIRMATION_CHARACTERS = 40

export function renderTakeHomePage(view: TakeHomeView, visitor: Visitor): string {
  const texts = textsIn(visitor.language)
  const words = takeHomeTextsIn(visitor.language)
  return renderPage({
    title: view.problem ? `⚠ ${words.title}` : words.title,
    heading: words.title,
    tagline: words.tagline,
    texts,
    visitor,
    link: { href: '/', text: texts.firstPage },
    main: html`<div class="flow narrow">
${view.begun && html`<p class="done" role="status">${words.newClass.done}</p>`}
<section class="card" aria-labelledby="common-title">
<h2 id="common-title">${words.common.title}</h2>
<p>${words.common.explain}</p>
<p class="faint">${words.common.lessons(view.lessonFiles)}, ${formatBytes(view.lessonBytes, visitor.language)} · ${words.common.notes(view.notes)}</p>
<p>${renderDownload('lessons-and-notes.zip', 'common-title', words)}</p>
</section>
<section class="card" aria-labelledby="mine-title">
<h2 id="mine-title">${words.mine.title}</h2>
${
  visitor.person
    ? html`<p>${words.mine.explain}</p>
<p class="faint">${words.mine.repositories(view.repositories)}</p>
<p>${renderDownload('mine.zip', 'mine-title', words)}</p>`
    : html`<p><a href="/sign-in?next=/take-home">${words.mine.signIn}</a></p>`
}
</section>
<section class="card" aria-labelledby="leave-title">
<h2 id="leave-title">${words.leave.title}</h2>
<p>${words.leave.explain}</p>
<p class="buttons"><a class="button" href="/setup">${words.leave.undo}</a>${
      visitor.person && html` <a class="button" href="/me#remove">${words.leave.remove}</a>`
    }</p>
</section>
${view.wholeClass && renderWholeClass(view.wholeClass, view.problem, words)}
</div>`
  })
}

function renderDownload(file: string, titleId: string, words: TakeHomeTexts): Html {
  const id = `get-${file.replace('.', '-')}`
  return html`<a class="button" id="${id}" href="/take-home/${file}" download aria-labelledby="${id} ${titleId}">${words.download}</a>`
}

function renderWholeClass(
  { people, archived }: { people: number; archived: boolean },
  problem: FormProblem | undefined,
  words: TakeHomeTexts
): Html {
  return html`<section class="card" aria-labelledby="class-title">
<h2 id="class-title">${words.wholeClass.title}</h2>
<p>${words.wholeClass.explain}</p>
<p class="faint">${words.wholeClass.people(people)}</p>
<p>${renderDownload('class.zip', 'class-title', words)}</p>
</section>
<section class="card" aria-labelledby="new-class-title" id="new-class">
<h2 id="new-class-title">${words.newClass.title}</h2>
<p>${words.newClass.explain}</p>
${
  archived
    ? html`<form class="form" method="post" action="/take-home/new-class">
${renderProblem(problem)}
${renderField({
  name: 'confirm',
  label: words.newClass.confirm(words.newClass.word),
  problem,
  autocomplete: 'off',
  maxLength: MAX_CONFIRMATION_CHARACTERS
})}
<button class="button button-danger" type="submit">${words.newClass.button}</button>
</form>`
    : html`${renderProblem(problem)}<p><strong>${words.newClass.first}</strong></p>`
}
</section>`
}
