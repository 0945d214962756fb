/** What the room says of fetching wants: its setting, and of each device what it fetches and what it could not get. */
import type { CborValue } from '../../protocols/cbor.ts'
import { compareStamps, type Fold, type Stamp } from '../../protocols/journal.ts'
import type { NodeId } from '../../protocols/message-stream.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'
import { WANTS_TOPIC } from '../../protocols/want-facts.ts'
import {
  decodeWantFetch,
  decodeWantSetting,
  type ToldFetch,
  WANT_FETCH_KIND,
  WANT_SETTING_KIND,
  type WantSetting,
  wantFetchEntry,
  wantSettingEntry
} from '../../protocols/want-fetching.ts'

export interface FetchState {
  setting?: { value: WantSetting; stamp: Stamp }
  byNode: Map<NodeId, { told: ToldFetch; stamp: Stamp }>
}

export const fetchFold: Fold<FetchState> = {
  name: 'wants-fetching',
  version: 1,
  reads: (topic) => topic === WANTS_TOPIC,
  empty: () => ({ byNode: new Map() }),
  apply(state, entry) {
    const stamp = stampOf(entry)
    if (entry.kind === WANT_SETTING_KIND) {
      const value = decodeWantSetting(entry.body)
      if (value && (!state.setting || compareStamps(state.setting.stamp, stamp) < 0)) state.setting = { value, stamp }
    }
    if (entry.kind !== WANT_FETCH_KIND) return
    const told = decodeWantFetch(entry.body)
    // Each device tells of itself only.
    if (told?.node !== entry.node) return
    const known = state.byNode.get(told.node)
    if (!known || compareStamps(known.stamp, stamp) < 0) state.byNode.set(told.node, { told, stamp })
  },
  save({ setting, byNode }): CborValue {
    const rows = [...byNode.values()].map(({ told, stamp }) => [wantFetchEntry(told).body, saveStamp(stamp)])
    return [setting ? [wantSettingEntry(setting.value).body, saveStamp(setting.stamp)] : null, rows]
  },
  load(saved) {
    const [setting, rows] = saved as [[CborValue, SavedStamp] | null, [CborValue, SavedStamp][]]
    const state: FetchState = { byNode: new Map() }
    const value = setting === null ? undefined : decodeWantSetting(setting[0])
    if (setting && value) state.setting = { value, stamp: loadStamp(setting[1]) }
    for (const [body, stamp] of rows) {
      const told = decodeWantFetch(body)
      if (told) state.byNode.set(told.node, { told, stamp: loadStamp(stamp) })
    }
    return state
  }
}
