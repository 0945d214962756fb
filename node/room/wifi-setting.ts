/** The room's Wi-Fi as it is printed on cards: what was written last counts, on every device. */
import type { CborValue } from '../../protocols/cbor.ts'
import { JoineryError } from '../../protocols/errors.ts'
import { compareStamps, type Fold, type FoldView, type JournalAccess, type Stamp } from '../../protocols/journal.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'
import { decodeWifi, WIFI_KIND, WIFI_TOPIC, type Wifi, wifiEntry, wifiProblem } from '../../protocols/wifi-facts.ts'
import './errors.ts'

interface WifiState {
  newest?: { wifi: Wifi; stamp: Stamp }
}

export const wifiFold: Fold<WifiState> = {
  name: 'wifi',
  version: 2,
  reads: (topic) => topic === WIFI_TOPIC,
  empty: () => ({}),
  apply(state, entry) {
    const wifi = entry.kind === WIFI_KIND ? decodeWifi(entry.body) : undefined
    const stamp = stampOf(entry)
    if (wifi && (!state.newest || compareStamps(state.newest.stamp, stamp) < 0)) state.newest = { wifi, stamp }
  },
  save({ newest }): CborValue {
    if (!newest) return []
    const { wifi, stamp } = newest
    return [wifi.name, wifi.password, saveStamp(stamp)]
  },
  load(saved) {
    if (!Array.isArray(saved) || saved.length === 0) return {}
    const [name, password, stamp] = saved as [string, string, SavedStamp]
    return { newest: { wifi: { name, password }, stamp: loadStamp(stamp) } }
  }
}

export class WifiSetting {
  readonly #journal: JournalAccess
  readonly #view: FoldView<WifiState>

  private constructor(journal: JournalAccess, view: FoldView<WifiState>) {
    this.#journal = journal
    this.#view = view
  }

  static async open(journal: JournalAccess): Promise<WifiSetting> {
    return new WifiSetting(journal, await journal.view(wifiFold))
  }

  /** Undefined: nobody wrote one down. */
  get current(): Wifi | undefined {
    const wifi = this.#view.state.newest?.wifi
    return wifi && wifi.name !== '' ? wifi : undefined
  }

  /** @throws JoineryError `WIFI_NAME_INVALID`, `WIFI_PASSWORD_INVALID` */
  async set(wifi: Wifi): Promise<void> {
    const problem = wifiProblem(wifi)
    if (problem === 'name') throw new JoineryError('WIFI_NAME_INVALID', 'not a name of a Wi-Fi')
    if (problem === 'password') throw new JoineryError('WIFI_PASSWORD_INVALID', 'not a password of a Wi-Fi')
    await this.#journal.append([wifiEntry(wifi)])
  }
}
