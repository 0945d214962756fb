/** The journal of node/journal over LevelDB, with an authority that believes everybody. */
import { createJournal, type Journal } from '../../../node/journal/index.ts'
import { understoodNoteKinds } from '../../../node/notes/index.ts'
import { systemClock } from '../../../node/platform/clock.ts'
import { openLevel } from '../../../node/platform/key-value.ts'
import { systemRandom } from '../../../node/platform/random.ts'
import { believingAuthority, certifier, noSeal } from '../../kit/journal-pieces.ts'

export async function openRealJournal(directory: string, node: string): Promise<Journal> {
  return createJournal(
    {
      store: await openLevel(directory),
      clock: systemClock,
      random: systemRandom,
      authority: believingAuthority,
      certify: certifier(node),
      seal: noSeal
    },
    { node, understood: understoodNoteKinds }
  )
}
