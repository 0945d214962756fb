/** The data of the sample lesson and of both sample packages, made up by us. */
export const BIRD_COUNTS: readonly (readonly [bird: string, count: number])[] = [
  ['blackbird', 14],
  ['goldfinch', 9],
  ['robin', 11],
  ['sparrow', 23],
  ['wren', 5]
]

export function birdCountsCsv(): string {
  return ['bird,count', ...BIRD_COUNTS.map((row) => row.join(','))].join('\n').concat('\n')
}
