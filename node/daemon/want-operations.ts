/** What a person can ask about what the room lacks. */
import { JoineryError } from '../../protocols/errors.ts'
import type { FetchedWant, WantOperations } from '../control/want-operations.ts'
import type { WantOutcome } from '../upstream/index.ts'
import { progressStream } from './progress-stream.ts'
import type { RoomWants } from './room-wants.ts'
import type { WantFetching } from './want-fetching.ts'

export interface WantOperationsInit {
  wants: Pick<RoomWants, 'list'>
  fetching: Pick<WantFetching, 'fetch' | 'status' | 'set'>
}

export function wantOperations({ wants, fetching }: WantOperationsInit): WantOperations {
  return {
    wants: () => wants.list(),
    wantFetching: () => fetching.status(),
    setWantFetching: (change) => fetching.set(change),
    fetchWants: (request, signal) =>
      progressStream(async (report, stop) => {
        const outcomes = await fetching.fetch(request, report, stop)
        return { wants: outcomes.map(fetchedWant) }
      }, signal)
  }
}

function fetchedWant({ want, state, files, bytes, code, text }: WantOutcome): FetchedWant {
  const { collection, name, target } = want
  return {
    ...{ collection, name, state, files, bytes },
    ...(target === undefined ? {} : { target }),
    ...(code === undefined ? {} : { code, next: new JoineryError(code, '').next }),
    ...(text === undefined ? {} : { text })
  }
}
