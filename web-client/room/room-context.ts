import type { Language } from '../languages.ts'
import { type Texts, textsIn } from '../texts.ts'
import { type RoomTexts, roomTextsIn } from './texts.ts'

/** For whom the dashboard is rendered. */
export interface RoomContext {
  language: Language
  /** May see who needs help, and follows the room live. */
  helps: boolean
  /** May change devices, content and the clock. */
  mayChange: boolean
  texts: Texts
  words: RoomTexts
}

export function roomContext(init: { language: Language; helps: boolean; mayChange: boolean }): RoomContext {
  return { ...init, texts: textsIn(init.language), words: roomTextsIn(init.language) }
}
