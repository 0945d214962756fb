import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

export interface HereTexts {
  title: string
  explain: string
  counts(here: number, away: number): string
  nobody: string
  /** They have no page open anywhere. */
  nowhere: string
  on(device: string, time: string): string
  away(device: string, time: string): string
  since(time: string): string
  red: string
  green: string
  hand: string
  account: string
}

const ALL: Readonly<Record<Language, HereTexts>> = {
  en: {
    title: 'Who is here',
    explain:
      'Who has a page of the room in front of them, and on which device. Only helpers and facilitators see this.',
    counts: (here, away) => `${here} here, ${away} looking elsewhere`,
    nobody: 'Nobody has a page open.',
    nowhere: 'no page open',
    on: (device, time) => `${device}, for ${time}`,
    away: (device, time) => `${device}, last seen ${time} ago`,
    since: (time) => `for ${time}`,
    red: 'Needs help',
    green: 'Done',
    hand: 'Hand up',
    account: 'Account'
  },
  es: {
    title: 'Quién está aquí',
    explain:
      'Quién tiene delante una página de la sala, y en qué dispositivo. Solo lo ven quienes ayudan y quienes facilitan.',
    counts: (here, away) => `${here} aquí, ${away} con otra cosa delante`,
    nobody: 'Nadie tiene una página abierta.',
    nowhere: 'sin página abierta',
    on: (device, time) => `${device}, desde hace ${time}`,
    away: (device, time) => `${device}, la última vez hace ${time}`,
    since: (time) => `desde hace ${time}`,
    red: 'Necesita ayuda',
    green: 'Listo',
    hand: 'Mano levantada',
    account: 'Cuenta'
  },
  fr: {
    title: 'Qui est là',
    explain:
      'Qui a une page de la salle devant soi, et sur quel appareil. Seuls les assistants et les animateurs le voient.',
    counts: (here, away) => `${plural('fr', { one: '# présent', other: '# présents' })(here)}, ${away} ailleurs`,
    nobody: 'Personne n’a de page ouverte.',
    nowhere: 'aucune page ouverte',
    on: (device, time) => `${device}, depuis ${time}`,
    away: (device, time) => `${device}, vu pour la dernière fois il y a ${time}`,
    since: (time) => `depuis ${time}`,
    red: 'A besoin d’aide',
    green: 'Terminé',
    hand: 'Main levée',
    account: 'Compte'
  },
  pt: {
    title: 'Quem está aqui',
    explain: 'Quem tem uma página da sala à frente, e em que dispositivo. Só quem ajuda e quem facilita vê isto.',
    counts: (here, away) => `${here} aqui, ${away} com outra coisa à frente`,
    nobody: 'Ninguém tem uma página aberta.',
    nowhere: 'sem página aberta',
    on: (device, time) => `${device}, há ${time}`,
    away: (device, time) => `${device}, visto há ${time}`,
    since: (time) => `há ${time}`,
    red: 'Precisa de ajuda',
    green: 'Pronto',
    hand: 'Mão levantada',
    account: 'Conta'
  }
}

export function hereTextsIn(language: Language): HereTexts {
  return ALL[language]
}
