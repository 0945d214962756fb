/** Why a device cannot be unplugged, for its card. */
import type { UnplugCode } from '../../protocols/unplug-code.ts'
import type { Language } from '../languages.ts'

export type UnplugTexts = Readonly<Record<UnplugCode, string>>

const ALL: Readonly<Record<Language, UnplugTexts>> = {
  en: {
    'not-connected': 'It is not connected.',
    'only-here': 'Some files are on this device only.',
    'room-unknown': 'This device does not know yet what the room holds.'
  },
  es: {
    'not-connected': 'No está conectado.',
    'only-here': 'Algunos archivos están solo en este dispositivo.',
    'room-unknown': 'Este dispositivo todavía no sabe qué hay en la sala.'
  },
  fr: {
    'not-connected': 'Il n’est pas connecté.',
    'only-here': 'Certains fichiers ne sont que sur cet appareil.',
    'room-unknown': 'Cet appareil ne sait pas encore ce que la salle contient.'
  },
  pt: {
    'not-connected': 'Não está conectado.',
    'only-here': 'Alguns arquivos estão somente neste dispositivo.',
    'room-unknown': 'Este dispositivo ainda não sabe o que a sala contém.'
  }
}

/** @returns undefined for a code that a newer device made */
export function unplugWordsIn(language: Language, code: string | undefined): string | undefined {
  const words: Readonly<Record<string, string>> = ALL[language]
  return code !== undefined && Object.hasOwn(words, code) ? words[code] : undefined
}
