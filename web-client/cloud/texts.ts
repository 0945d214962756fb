/** Words of a cloud peer's only page. */
import type { Language } from '../languages.ts'

export interface CloudTexts {
  title: string
  whatItIs: string
  noSignIn: string
  yourWork: string
  yourWorkHow: string
  administrator: string
  administratorHow: string
}

const en: CloudTexts = {
  title: 'Rooms keep a copy of their work here',
  whatItIs:
    'This computer keeps copies of notes, repositories, lessons and packages of rooms, so that they outlive a workshop.',
  noSignIn:
    'Nobody can sign in here, and nothing of a room is shown: this page can be opened by anybody on the internet.',
  yourWork: 'Are you looking for your work?',
  yourWorkHow:
    'Ask the person who led the workshop for an invitation. A computer that joins the room with it (joinery start --join) gets everything from here, and opens notes and repositories as in the workshop.',
  administrator: 'Do you look after this computer?',
  administratorHow:
    '“joinery cloud invite” makes a text that lets a room in, and “joinery cloud rooms” lists the rooms that are kept here.'
}

const es: CloudTexts = {
  title: 'Aquí las salas guardan una copia de su trabajo',
  whatItIs:
    'Este equipo guarda copias de las notas, los repositorios, las lecciones y los paquetes de las salas, para que duren más que el taller.',
  noSignIn:
    'Aquí nadie puede iniciar sesión y no se muestra nada de ninguna sala: cualquiera en internet puede abrir esta página.',
  yourWork: '¿Buscas tu trabajo?',
  yourWorkHow:
    'Pide una invitación a quien dirigió el taller. Un equipo que entra en la sala con ella (joinery start --join) recibe todo desde aquí y abre las notas y los repositorios como en el taller.',
  administrator: '¿Cuidas este equipo?',
  administratorHow:
    '«joinery cloud invite» hace un texto que deja entrar a una sala, y «joinery cloud rooms» muestra las salas guardadas aquí.'
}

const fr: CloudTexts = {
  title: 'Ici, des salles gardent une copie de leur travail',
  whatItIs:
    'Cet ordinateur garde des copies des notes, des dépôts, des leçons et des paquets des salles, pour qu’ils durent plus longtemps que l’atelier.',
  noSignIn:
    'Personne ne peut se connecter ici et rien d’une salle n’est montré : n’importe qui sur internet peut ouvrir cette page.',
  yourWork: 'Vous cherchez votre travail ?',
  yourWorkHow:
    'Demandez une invitation à la personne qui a animé l’atelier. Un ordinateur qui rejoint la salle avec elle (joinery start --join) reçoit tout d’ici, et ouvre les notes et les dépôts comme pendant l’atelier.',
  administrator: 'Vous vous occupez de cet ordinateur ?',
  administratorHow:
    '« joinery cloud invite » crée un texte qui laisse entrer une salle, et « joinery cloud rooms » liste les salles gardées ici.'
}

const pt: CloudTexts = {
  title: 'Aqui as salas guardam uma cópia do seu trabalho',
  whatItIs:
    'Este computador guarda cópias das notas, dos repositórios, das lições e dos pacotes das salas, para que durem mais do que a oficina.',
  noSignIn:
    'Ninguém pode entrar com a sua conta aqui e nada de uma sala é mostrado: qualquer pessoa na internet pode abrir esta página.',
  yourWork: 'Procura o seu trabalho?',
  yourWorkHow:
    'Peça um convite a quem conduziu a oficina. Um computador que entra na sala com ele (joinery start --join) recebe tudo daqui e abre as notas e os repositórios como na oficina.',
  administrator: 'Cuida deste computador?',
  administratorHow:
    '“joinery cloud invite” faz um texto que deixa entrar uma sala, e “joinery cloud rooms” lista as salas guardadas aqui.'
}

export const CLOUD_TEXTS: Readonly<Record<Language, CloudTexts>> = { en, es, fr, pt }
