/** Words of the page about the room's copy on the internet. */
import type { Language } from '../languages.ts'

export interface UplinkTexts {
  title: string
  tagline: string
  none: string
  noneHow: string
  /** Figures are those of the device that answers. */
  ofDevice: string
  open: string
  refused: string
  full: string
  allThere: string
  connected: string
  broke(times: string): string
  brokeNow: string
  away(time: string): string
  notes: string
  commits: string
  files: string
  here: string
  used: string
  there: string
  notKnown: string
  changesLeft(count: string): string
  repositoriesLeft(count: string): string
  filesLeft(done: string, all: string, doneBytes: string, allBytes: string): string
  pace(perSecond: string): string
  timeLeft(time: string): string
  waitFirst: string
  spent: string
  allHere: string
  hereLeft(bytes: string): string
  usedBy(bytes: string): string
  most(limit: string): string
  minutes(count: string): string
  noLimit: string
  order: string
}

const en: UplinkTexts = {
  title: 'Copy on the internet',
  tagline: 'What is there already, and what is left.',
  none: 'This room keeps no copy on the internet.',
  noneHow: 'With a text from whoever looks after the cloud peer, on any device of the room:',
  ofDevice: 'As the device knows it that shows this page.',
  open: 'No device has reached it yet. It goes on by itself as soon as there is internet.',
  refused: 'It does not take this room. Ask whoever looks after it.',
  full: 'Its disk is full: it takes nothing more. Ask whoever looks after it.',
  allThere: 'All of the room is there.',
  connected: 'Connected. It goes on by itself.',
  broke: (times) => `The connection broke ${times} times so far; what was sent stays there.`,
  brokeNow: 'The connection broke just now. It goes on by itself where it was.',
  away: (time) => `Not in reach for ${time}. It goes on by itself.`,
  notes: 'Notes and names',
  commits: 'Commits',
  files: 'Files',
  here: 'For this device',
  used: 'Internet used',
  there: 'All there',
  notKnown: 'Not known yet',
  changesLeft: (count) => `${count} changes still to go`,
  repositoriesLeft: (count) => `${count} repositories still to go`,
  filesLeft: (done, all, doneBytes, allBytes) => `${done} of ${all}, ${doneBytes} of ${allBytes}`,
  pace: (perSecond) => `${perSecond} a second`,
  timeLeft: (time) => `about ${time} left`,
  waitFirst: 'They come after notes and commits.',
  spent: 'They wait: the limit is used up.',
  allHere: 'All here',
  hereLeft: (bytes) => `${bytes} still to come`,
  usedBy: (bytes) => `${bytes} of files by this device`,
  most: (limit) => `at most ${limit}`,
  minutes: (count) => `${count} minutes`,
  noLimit: 'no limit',
  order:
    'Notes and commits go first, they are small; then files. Whatever breaks off goes on where it was. Big files count megabyte by megabyte, once each has been checked there.'
}

const es: UplinkTexts = {
  title: 'Copia en internet',
  tagline: 'Lo que ya está allí y lo que falta.',
  none: 'Esta sala no guarda ninguna copia en internet.',
  noneHow: 'Con un texto de quien cuida la nube, en cualquier dispositivo de la sala:',
  ofDevice: 'Según el dispositivo que muestra esta página.',
  open: 'Ningún dispositivo la ha alcanzado todavía. Continúa solo en cuanto haya internet.',
  refused: 'No acepta esta sala. Pregunta a quien la cuida.',
  full: 'Su disco está lleno: no recibe nada más. Pregunta a quien la cuida.',
  allThere: 'Todo lo de la sala está allí.',
  connected: 'Conectada. Continúa sola.',
  broke: (times) => `La conexión se ha cortado ${times} veces; lo enviado se queda allí.`,
  brokeNow: 'La conexión se acaba de cortar. Continúa sola desde donde estaba.',
  away: (time) => `Fuera de alcance desde hace ${time}. Continúa sola.`,
  notes: 'Notas y nombres',
  commits: 'Commits',
  files: 'Archivos',
  here: 'Para este dispositivo',
  used: 'Internet usado',
  there: 'Todo allí',
  notKnown: 'Todavía no se sabe',
  changesLeft: (count) => `faltan ${count} cambios`,
  repositoriesLeft: (count) => `faltan ${count} repositorios`,
  filesLeft: (done, all, doneBytes, allBytes) => `${done} de ${all}, ${doneBytes} de ${allBytes}`,
  pace: (perSecond) => `${perSecond} por segundo`,
  timeLeft: (time) => `quedan unos ${time}`,
  waitFirst: 'Van después de las notas y los commits.',
  spent: 'Esperan: se ha agotado el límite.',
  allHere: 'Todo aquí',
  hereLeft: (bytes) => `faltan ${bytes} por llegar`,
  usedBy: (bytes) => `${bytes} de archivos por este dispositivo`,
  most: (limit) => `como máximo ${limit}`,
  minutes: (count) => `${count} minutos`,
  noLimit: 'sin límite',
  order:
    'Primero van las notas y los commits, que son pequeños; después los archivos. Lo que se corta continúa desde donde estaba. Los archivos grandes cuentan megabyte a megabyte, cuando cada uno se ha comprobado allí.'
}

const fr: UplinkTexts = {
  title: 'Copie sur internet',
  tagline: 'Ce qui y est déjà, et ce qui reste.',
  none: 'Cette salle ne garde aucune copie sur internet.',
  noneHow: 'Avec un texte de la personne qui s’occupe du nuage, sur n’importe quel appareil de la salle :',
  ofDevice: 'Selon l’appareil qui montre cette page.',
  open: 'Aucun appareil ne l’a encore atteint. Cela continue tout seul dès qu’il y a internet.',
  refused: 'Il n’accepte pas cette salle. Demandez à la personne qui s’en occupe.',
  full: 'Son disque est plein : il ne prend plus rien. Demandez à la personne qui s’en occupe.',
  allThere: 'Tout ce qui est dans la salle y est.',
  connected: 'Connecté. Cela continue tout seul.',
  broke: (times) => `La connexion a été coupée ${times} fois ; ce qui a été envoyé y reste.`,
  brokeNow: 'La connexion vient d’être coupée. Cela reprend tout seul là où c’en était.',
  away: (time) => `Hors d’atteinte depuis ${time}. Cela continue tout seul.`,
  notes: 'Notes et noms',
  commits: 'Commits',
  files: 'Fichiers',
  here: 'Pour cet appareil',
  used: 'Internet utilisé',
  there: 'Tout y est',
  notKnown: 'Pas encore connu',
  changesLeft: (count) => `encore ${count} changements`,
  repositoriesLeft: (count) => `encore ${count} dépôts`,
  filesLeft: (done, all, doneBytes, allBytes) => `${done} sur ${all}, ${doneBytes} sur ${allBytes}`,
  pace: (perSecond) => `${perSecond} par seconde`,
  timeLeft: (time) => `encore environ ${time}`,
  waitFirst: 'Ils viennent après les notes et les commits.',
  spent: 'Ils attendent : la limite est atteinte.',
  allHere: 'Tout est ici',
  hereLeft: (bytes) => `encore ${bytes} à venir`,
  usedBy: (bytes) => `${bytes} de fichiers par cet appareil`,
  most: (limit) => `au plus ${limit}`,
  minutes: (count) => `${count} minutes`,
  noLimit: 'sans limite',
  order:
    'Les notes et les commits passent d’abord, ils sont petits ; puis les fichiers. Ce qui est coupé reprend là où c’en était. Les gros fichiers comptent mégaoctet par mégaoctet, une fois chacun vérifié là-bas.'
}

const pt: UplinkTexts = {
  title: 'Cópia na internet',
  tagline: 'O que já lá está e o que falta.',
  none: 'Esta sala não guarda nenhuma cópia na internet.',
  noneHow: 'Com um texto de quem cuida da nuvem, em qualquer dispositivo da sala:',
  ofDevice: 'Segundo o dispositivo que mostra esta página.',
  open: 'Nenhum dispositivo a alcançou ainda. Continua sozinho assim que houver internet.',
  refused: 'Não aceita esta sala. Pergunte a quem cuida dela.',
  full: 'O disco dela está cheio: não recebe mais nada. Pergunte a quem cuida dela.',
  allThere: 'Tudo o que é da sala está lá.',
  connected: 'Ligada. Continua sozinha.',
  broke: (times) => `A ligação caiu ${times} vezes até agora; o que foi enviado fica lá.`,
  brokeNow: 'A ligação acabou de cair. Continua sozinha de onde estava.',
  away: (time) => `Fora de alcance há ${time}. Continua sozinha.`,
  notes: 'Notas e nomes',
  commits: 'Commits',
  files: 'Ficheiros',
  here: 'Para este dispositivo',
  used: 'Internet usada',
  there: 'Está tudo lá',
  notKnown: 'Ainda não se sabe',
  changesLeft: (count) => `faltam ${count} alterações`,
  repositoriesLeft: (count) => `faltam ${count} repositórios`,
  filesLeft: (done, all, doneBytes, allBytes) => `${done} de ${all}, ${doneBytes} de ${allBytes}`,
  pace: (perSecond) => `${perSecond} por segundo`,
  timeLeft: (time) => `faltam cerca de ${time}`,
  waitFirst: 'Vão depois das notas e dos commits.',
  spent: 'Esperam: o limite foi gasto.',
  allHere: 'Está tudo aqui',
  hereLeft: (bytes) => `faltam chegar ${bytes}`,
  usedBy: (bytes) => `${bytes} de ficheiros por este dispositivo`,
  most: (limit) => `no máximo ${limit}`,
  minutes: (count) => `${count} minutos`,
  noLimit: 'sem limite',
  order:
    'Primeiro vão as notas e os commits, que são pequenos; depois os ficheiros. O que se interrompe continua de onde estava. Os ficheiros grandes contam megabyte a megabyte, depois de cada um ser verificado lá.'
}

const ALL: Readonly<Record<Language, UplinkTexts>> = { en, es, fr, pt }

export function uplinkTextsIn(language: Language): UplinkTexts {
  return ALL[language]
}
