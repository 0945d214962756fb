/** Whether anybody may make an account of their own: what a facilitator set last counts, on every device. Open until somebody closes it. */
import type { CborValue } from '../../protocols/cbor.ts'
import { compareStamps, type Fold, type FoldView, type JournalAccess, type Stamp } from '../../protocols/journal.ts'
import { decodeSignUp, SIGN_UP_KIND, SIGN_UP_TOPIC, signUpEntry } from '../../protocols/sign-up-facts.ts'
import { loadStamp, type SavedStamp, saveStamp, stampOf } from '../../protocols/stamps.ts'

interface SignUpState {
  newest?: { isOpen: boolean; stamp: Stamp }
}

const signUpFold: Fold<SignUpState> = {
  name: 'sign-up',
  version: 1,
  reads: (topic) => topic === SIGN_UP_TOPIC,
  empty: () => ({}),
  apply(state, entry) {
    const isOpen = entry.kind === SIGN_UP_KIND ? decodeSignUp(entry.body) : undefined
    const stamp = stampOf(entry)
    if (isOpen !== undefined && (!state.newest || compareStamps(state.newest.stamp, stamp) < 0))
      state.newest = { isOpen, stamp }
  },
  save: ({ newest }): CborValue => (newest ? [newest.isOpen, saveStamp(newest.stamp)] : []),
  load(saved) {
    const [isOpen, stamp] = saved as [boolean, SavedStamp] | []
    return isOpen !== undefined && stamp ? { newest: { isOpen, stamp: loadStamp(stamp) } } : {}
  }
}

export class SignUpSetting {
  readonly #journal: JournalAccess
  readonly #view: FoldView<SignUpState>

  private constructor(journal: JournalAccess, view: FoldView<SignUpState>) {
    this.#journal = journal
    this.#view = view
  }

  static async open(journal: JournalAccess): Promise<SignUpSetting> {
    return new SignUpSetting(journal, await journal.view(signUpFold))
  }

  get isOpen(): boolean {
    return this.#view.state.newest?.isOpen ?? true
  }

  async set(isOpen: boolean): Promise<void> {
    if (isOpen !== this.isOpen) await this.#journal.append([signUpEntry(isOpen)])
  }
}
