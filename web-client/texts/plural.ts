interface Counting {
  rules: Intl.PluralRules
  numbers: Intl.NumberFormat
}

/** One for each language that has pages, made when the first page counts something: 168 forms with a set each took 5 MB and slowed every start. */
const countings = new Map<string, Counting>()

/** `plural('en', { one: '# lesson', other: '# lessons' })` counts as the language does; `#` is the number. */
export function plural(
  language: string,
  forms: { one: string; other: string; many?: string }
): (count: number) => string {
  return (count) => {
    const { rules, numbers } = countingIn(language)
    const rule = rules.select(count)
    const form = rule === 'one' ? forms.one : rule === 'many' ? (forms.many ?? forms.other) : forms.other
    return form.replace('#', numbers.format(count))
  }
}

function countingIn(language: string): Counting {
  let counting = countings.get(language)
  if (counting === undefined) {
    counting = { rules: new Intl.PluralRules(language), numbers: new Intl.NumberFormat(language) }
    countings.set(language, counting)
  }
  return counting
}
