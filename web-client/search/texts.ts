/** Texts of the search. */
import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

interface SearchTexts {
  title: string
  tagline: string
  label: string
  button: string
  lessons: string
  python: string
  r: string
  installers: string
  found(count: number): string
  more: string
  nothing(query: string): string
  hint: string
  reading(read: string, all: string): string
  again: string
}

const en: SearchTexts = {
  title: 'Search',
  tagline: 'In the lessons, and among packages and programs.',
  label: 'What are you looking for?',
  button: 'Search',
  lessons: 'In the lessons',
  python: 'Python packages',
  r: 'R packages',
  installers: 'Programs to install',
  found: plural('en', { one: '# page', other: '# pages' }),
  more: 'There are more; add a word to see fewer.',
  nothing: (query) => `Nothing in this room has “${query}”.`,
  hint: 'Try fewer or shorter words. Accents and capitals do not matter.',
  reading: (read, all) => `The lessons are still being read: ${read} of ${all} pages.`,
  again: 'Search again'
}

const es: SearchTexts = {
  title: 'Buscar',
  tagline: 'En las lecciones, y entre paquetes y programas.',
  label: '¿Qué buscas?',
  button: 'Buscar',
  lessons: 'En las lecciones',
  python: 'Paquetes de Python',
  r: 'Paquetes de R',
  installers: 'Programas para instalar',
  found: plural('es', { one: '# página', other: '# páginas' }),
  more: 'Hay más; añade una palabra para ver menos.',
  nothing: (query) => `Nada en esta sala tiene «${query}».`,
  hint: 'Prueba con menos palabras o más cortas. Los acentos y las mayúsculas no importan.',
  reading: (read, all) => `Las lecciones todavía se están leyendo: ${read} de ${all} páginas.`,
  again: 'Buscar otra vez'
}

const fr: SearchTexts = {
  title: 'Chercher',
  tagline: 'Dans les leçons, et parmi les paquets et les programmes.',
  label: 'Que cherchez-vous ?',
  button: 'Chercher',
  lessons: 'Dans les leçons',
  python: 'Paquets Python',
  r: 'Paquets R',
  installers: 'Programmes à installer',
  found: plural('fr', { one: '# page', other: '# pages' }),
  more: 'Il y en a d’autres ; ajoutez un mot pour en voir moins.',
  nothing: (query) => `Rien dans cette salle n’a « ${query} ».`,
  hint: 'Essayez avec moins de mots ou des mots plus courts. Accents et majuscules ne comptent pas.',
  reading: (read, all) => `Les leçons sont encore en cours de lecture : ${read} pages sur ${all}.`,
  again: 'Chercher encore'
}

const pt: SearchTexts = {
  title: 'Procurar',
  tagline: 'Nas lições, e entre pacotes e programas.',
  label: 'O que você procura?',
  button: 'Procurar',
  lessons: 'Nas lições',
  python: 'Pacotes de Python',
  r: 'Pacotes de R',
  installers: 'Programas para instalar',
  found: plural('pt', { one: '# página', other: '# páginas' }),
  more: 'Há mais; acrescente uma palavra para ver menos.',
  nothing: (query) => `Nada nesta sala tem “${query}”.`,
  hint: 'Tente com menos palavras ou mais curtas. Acentos e maiúsculas não importam.',
  reading: (read, all) => `As lições ainda estão sendo lidas: ${read} de ${all} páginas.`,
  again: 'Procurar de novo'
}

const TEXTS: Readonly<Record<Language, SearchTexts>> = { en, es, fr, pt }

export const searchTextsIn = (language: Language): SearchTexts => TEXTS[language]
