/**
 * Those who make stored batches smaller read one, decide and write it again: one at a time, or one would bring back what another took away.
 */
export type InTurn = (work: () => Promise<void>) => Promise<void>

export function createTurns(): { inTurn: InTurn; settled(): Promise<void> } {
  let last: Promise<void> = Promise.resolve()
  return {
    inTurn(work) {
      const turn = last.then(work)
      last = turn.catch(() => undefined)
      return turn
    },
    settled: () => last
  }
}
