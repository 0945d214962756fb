/** Fields of forms: a label, a hint, what is wrong, tied together for screen readers. They work without scripts. */
import { type Html, html } from './html.ts'

/** Where a person is told what was wrong with what they sent. */
export interface FormProblem {
  /** Name of the field; absent when it is about the whole form. */
  field?: string
  text: string
}

export interface Field {
  name: string
  label: string
  hint?: string | Html
  value?: string
  problem?: FormProblem | undefined
  autocomplete: 'off' | 'name' | 'username' | 'current-password'
  /** As it is on paper: not hidden, no correction, no capitals. */
  secret?: boolean
  required?: boolean
  maxLength: number
  /** Lines of a field that takes several. */
  rows?: number
}

export function renderField(field: Field): Html {
  const { name, label, hint, value = '', autocomplete, secret, required = true, maxLength, rows } = field
  const problem = field.problem?.field === name ? field.problem.text : undefined
  const described = [hint !== undefined && `${name}-hint`, problem !== undefined && `${name}-problem`].filter(Boolean)
  const attributes = html`id="${name}" name="${name}" autocomplete="${autocomplete}" maxlength="${maxLength}"${required && html` required`}${
    described.length > 0 && html` aria-describedby="${described.join(' ')}"`
  }${problem !== undefined && html` aria-invalid="true" autofocus`}${
    secret && html` class="secret" autocapitalize="none" autocorrect="off" spellcheck="false"`
  }`
  return html`<div class="field">
<label for="${name}">${label}</label>
${hint !== undefined && html`<p class="faint" id="${name}-hint">${hint}</p>`}
${problem !== undefined && html`<p class="problem" id="${name}-problem">${problem}</p>`}
${
  rows === undefined
    ? html`<input value="${value}" ${attributes}>`
    : html`<textarea rows="${rows}" ${attributes}>${value}</textarea>`
}
</div>`
}

/** About the whole form, or a summary of what is wrong: read out at once. */
export function renderProblem(problem: FormProblem | undefined): Html | undefined {
  return problem && problem.field === undefined ? html`<p class="problem" role="alert">${problem.text}</p>` : undefined
}
