/** HTML as text in which every value is escaped unless it was made here. Pure: the same on a node, in a browser and in a test. */

export interface Html {
  readonly html: string
}

type Value = string | number | Html | undefined | false | readonly Value[]

/** `html\`<p>${text}</p>\``: texts and numbers are escaped, `undefined` and `false` are nothing, lists are joined. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  let text = parts[0] ?? ''
  for (let i = 0; i < values.length; i++) text += asText(values[i]) + (parts[i + 1] ?? '')
  return { html: text }
}

function asText(value: Value): string {
  if (value === undefined || value === false) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  if ('html' in value) return value.html
  return value.map(asText).join('')
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
