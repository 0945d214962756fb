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
  /** Of the page of their own. */
  pageExplain: string
  pageClose: string
  signInFirst: string
  nobodySees: string
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
    failed: 'That did not get through. Try again.',
    pageExplain: 'Your helpers see it with your name, on every device of the room.',
    pageClose: 'You can close this page: what you show stays until you take it down.',
    signInFirst: 'Sign in, so that your helpers know who calls.',
    nobodySees: 'This device shows nobody’s sticky. Use a page of another device of the room.'
  },
  es: {
    title: 'Avisa a quienes ayudan',
    green: 'Listo',
    greenHint: 'Nota verde: ya terminé, todo va bien. Pulsa otra vez para quitarla.',
    red: 'Ayuda',
    redHint: 'Nota roja: necesito ayuda. Pulsa otra vez para quitarla.',
    hand: 'Levantar la mano',
    handHint: 'Tengo una pregunta. Pulsa otra vez para bajar la mano.',
    failed: 'No llegó. Inténtalo otra vez.',
    pageExplain: 'Quienes ayudan la ven con tu nombre, en todos los dispositivos de la sala.',
    pageClose: 'Puedes cerrar esta página: lo que muestras se queda hasta que lo quites.',
    signInFirst: 'Entra con tu nombre, para que sepan quién llama.',
    nobodySees: 'Este dispositivo no muestra las notas de nadie. Usa una página de otro dispositivo de la sala.'
  },
  fr: {
    title: 'Prévenir les assistants',
    green: 'Terminé',
    greenHint: 'Papillon vert : j’ai fini, tout va bien. Appuyez encore pour le retirer.',
    red: 'Aide',
    redHint: 'Papillon rouge : j’ai besoin d’aide. Appuyez encore pour le retirer.',
    hand: 'Lever la main',
    handHint: 'J’ai une question. Appuyez encore pour baisser la main.',
    failed: 'Le message n’est pas passé. Réessayez.',
    pageExplain: 'Les assistants le voient avec votre nom, sur chaque appareil de la salle.',
    pageClose: 'Vous pouvez fermer cette page : ce que vous montrez reste jusqu’à ce que vous le retiriez.',
    signInFirst: 'Connectez-vous, pour que les assistants sachent qui appelle.',
    nobodySees: 'Cet appareil ne montre les papillons de personne. Prenez une page d’un autre appareil de la salle.'
  },
  pt: {
    title: 'Avise quem ajuda',
    green: 'Pronto',
    greenHint: 'Nota verde: terminei, está tudo bem. Pressione de novo para retirar.',
    red: 'Ajuda',
    redHint: 'Nota vermelha: preciso de ajuda. Pressione de novo para retirar.',
    hand: 'Levantar a mão',
    handHint: 'Tenho uma pergunta. Pressione de novo para baixar a mão.',
    failed: 'Não chegou. Tente outra vez.',
    pageExplain: 'Quem ajuda vê com o seu nome, em todos os dispositivos da sala.',
    pageClose: 'Pode fechar esta página: o que você mostra fica até você retirar.',
    signInFirst: 'Entre com o seu nome, para saberem quem chama.',
    nobodySees: 'Este dispositivo não mostra as notas de ninguém. Use uma página de outro dispositivo da sala.'
  }
}

export function signalTextsIn(language: Language): SignalTexts {
  return ALL[language]
}
