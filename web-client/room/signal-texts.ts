import type { Language } from '../languages.ts'

export interface SignalTexts {
  title: string
  green: string
  greenHint: string
  red: string
  redHint: string
  hand: string
  handHint: string
  failed: string
}

const ALL: Readonly<Record<Language, SignalTexts>> = {
  en: {
    title: 'Tell your helpers',
    green: 'Done',
    greenHint: 'Green sticky: I am done, all is well. Press again to take it down.',
    red: 'Help',
    redHint: 'Red sticky: I need help. Press again to take it down.',
    hand: 'Raise hand',
    handHint: 'I have a question. Press again to take the hand down.',
    failed: 'That did not get through. Try again.'
  },
  es: {
    title: 'Avisa a quienes ayudan',
    green: 'Listo',
    greenHint: 'Nota verde: ya terminé, todo va bien. Pulsa otra vez para quitarla.',
    red: 'Ayuda',
    redHint: 'Nota roja: necesito ayuda. Pulsa otra vez para quitarla.',
    hand: 'Levantar la mano',
    handHint: 'Tengo una pregunta. Pulsa otra vez para bajar la mano.',
    failed: 'No llegó. Inténtalo otra vez.'
  },
  fr: {
    title: 'Prévenir les assistants',
    green: 'Terminé',
    greenHint: 'Papillon vert : j’ai fini, tout va bien. Appuyez encore pour le retirer.',
    red: 'Aide',
    redHint: 'Papillon rouge : j’ai besoin d’aide. Appuyez encore pour le retirer.',
    hand: 'Lever la main',
    handHint: 'J’ai une question. Appuyez encore pour baisser la main.',
    failed: 'Le message n’est pas passé. Réessayez.'
  },
  pt: {
    title: 'Avise quem ajuda',
    green: 'Pronto',
    greenHint: 'Nota verde: terminei, está tudo bem. Pressione de novo para retirar.',
    red: 'Ajuda',
    redHint: 'Nota vermelha: preciso de ajuda. Pressione de novo para retirar.',
    hand: 'Levantar a mão',
    handHint: 'Tenho uma pergunta. Pressione de novo para baixar a mão.',
    failed: 'Não chegou. Tente outra vez.'
  }
}

export function signalTextsIn(language: Language): SignalTexts {
  return ALL[language]
}
