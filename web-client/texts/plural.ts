/** `plural('en', { one: '# lesson', other: '# lessons' })` counts as the language does; `#` is the number. */
export function plural(
  language: string,
  forms: { one: string; other: string; many?: string }
): (count: number) => string {
  const rules = new Intl.PluralRules(language)
  const numbers = new Intl.NumberFormat(language)
  return (count) => {
    const rule = rules.select(count)
    const form = rule === 'one' ? forms.one : rule === 'many' ? (forms.many ?? forms.other) : forms.other
    return form.replace('#', numbers.format(count))
  }
}
