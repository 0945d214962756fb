/** What the page says about connection and saving: pure, so that every sentence can be tested. It never says "saved" of text that is not. */
import type { NoteTexts } from './texts.ts'

export interface SavingFigures {
  connection: 'connecting' | 'open' | 'closed'
  /** Something typed here has not been confirmed by any device. */
  unsaved: boolean
  /** Something typed here since the page was opened has been confirmed. */
  saved: boolean
  /** Devices that have everything typed here; 1 = only the one we talk to. */
  devices: number
  /** How long ago everything was confirmed, in ms. */
  sinceSavedMs: number
  /** The browser's own store works. */
  kept: boolean
}

/** The design promises it after 2 s without a second device. */
export const ALONE_AFTER_MS = 2_000

export type SavingTone = 'good' | 'wait' | 'bad' | 'calm'

export function describeSaving(figures: SavingFigures, texts: NoteTexts): { text: string; tone: SavingTone } {
  if (figures.connection !== 'open') {
    if (!figures.unsaved)
      return figures.connection === 'connecting'
        ? { text: texts.connecting, tone: 'wait' }
        : { text: texts.offline, tone: 'bad' }
    return { text: figures.kept ? texts.offlineKept : texts.notKeptInBrowser, tone: 'bad' }
  }
  if (figures.unsaved) return { text: texts.saving, tone: 'wait' }
  if (!figures.saved) return { text: texts.nothingToSave, tone: 'calm' }
  if (figures.devices > 1) return { text: texts.savedOn(figures.devices), tone: 'good' }
  if (figures.sinceSavedMs < ALONE_AFTER_MS) return { text: texts.savedHere, tone: 'good' }
  return { text: texts.savedHereOnly, tone: 'wait' }
}
