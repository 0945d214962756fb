/** Negative when `a` comes first (`utils::compareVersion`): parts are numbers, `.` and `-` are the same, the longer of two equal ones is later. */
export function compareRVersions(a: string, b: string): number {
  const x = a.split(/[.-]/)
  const y = b.split(/[.-]/)
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const difference = Number(x[i]) - Number(y[i])
    if (difference !== 0) return difference
  }
  return x.length - y.length
}

/** The least R that a `Depends` asks for; `0.0` when it does not say. */
export function leastR(depends: string | undefined): string {
  return /(?:^|,)\s*R\s*\(\s*>=\s*([0-9]+(?:[.-][0-9]+)*)\s*\)/.exec(depends ?? '')?.[1] ?? '0.0'
}
