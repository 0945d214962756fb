import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

export interface StolenTexts {
  title(device: string): string
  done: string
  again: string
  againExplain: string
  noneAgain: string
  left(count: number): string
  make: string
  check: string
  checkExplain: string
  noneToCheck: string
}

const ALL: Readonly<Record<Language, StolenTexts>> = {
  en: {
    title: (device) => `${device} is blocked`,
    done: 'It belongs to the room no more, and the other devices have new keys. What it wrote before stays. Devices that are off follow when they come back.',
    again: 'Invitations to make again',
    againExplain:
      'The stolen device knew these: they let nobody in any more. Whoever still waits with one needs a new one.',
    noneAgain: 'It knew none that was open.',
    left: plural('en', { one: '# more device', other: '# more devices' }),
    make: 'Invite devices',
    check: 'Devices to look at',
    checkExplain: 'They came in with an invitation that the stolen device knew. Remove any that you do not know.',
    noneToCheck: 'None came in with an invitation that it knew.'
  },
  es: {
    title: (device) => `${device} está bloqueado`,
    done: 'Ya no es de la sala, y los demás dispositivos tienen claves nuevas. Lo que escribió antes se queda. Los que están apagados lo harán cuando vuelvan.',
    again: 'Invitaciones que hay que hacer de nuevo',
    againExplain: 'El dispositivo robado las conocía: ya no dejan entrar a nadie. Quien espere con una necesita otra.',
    noneAgain: 'No conocía ninguna abierta.',
    left: plural('es', { one: '# dispositivo más', other: '# dispositivos más', many: '# de dispositivos más' }),
    make: 'Invitar dispositivos',
    check: 'Dispositivos que hay que mirar',
    checkExplain: 'Entraron con una invitación que el dispositivo robado conocía. Quite los que no conozca.',
    noneToCheck: 'Ninguno entró con una invitación que él conociera.'
  },
  fr: {
    title: (device) => `${device} est bloqué`,
    done: 'Il n’est plus de la salle, et les autres appareils ont de nouvelles clés. Ce qu’il a écrit avant reste. Ceux qui sont éteints suivront à leur retour.',
    again: 'Invitations à refaire',
    againExplain:
      'L’appareil volé les connaissait : elles ne font plus entrer personne. Qui attend encore avec l’une d’elles en a besoin d’une nouvelle.',
    noneAgain: 'Il n’en connaissait aucune d’ouverte.',
    left: plural('fr', { one: '# appareil de plus', other: '# appareils de plus', many: '# d’appareils de plus' }),
    make: 'Inviter des appareils',
    check: 'Appareils à regarder',
    checkExplain:
      'Ils sont entrés avec une invitation que l’appareil volé connaissait. Retirez ceux que vous ne connaissez pas.',
    noneToCheck: 'Aucun n’est entré avec une invitation qu’il connaissait.'
  },
  pt: {
    title: (device) => `${device} está bloqueado`,
    done: 'Já não é da sala, e os outros dispositivos têm chaves novas. O que ele escreveu antes fica. Os que estão desligados seguem quando voltarem.',
    again: 'Convites a fazer de novo',
    againExplain:
      'O dispositivo roubado conhecia-os: já não deixam entrar ninguém. Quem ainda espera com um precisa de outro.',
    noneAgain: 'Não conhecia nenhum aberto.',
    left: plural('pt', { one: 'mais # dispositivo', other: 'mais # dispositivos', many: 'mais # de dispositivos' }),
    make: 'Convidar dispositivos',
    check: 'Dispositivos a verificar',
    checkExplain: 'Entraram com um convite que o dispositivo roubado conhecia. Remova os que não conhecer.',
    noneToCheck: 'Nenhum entrou com um convite que ele conhecesse.'
  }
}

export function stolenTextsIn(language: Language): StolenTexts {
  return ALL[language]
}
