/** What is said of missing packages and the internet. A reason that a newer device tells has no words here, and is shown by its code. */
import type { Language } from '../languages.ts'

export interface WantTexts {
  fetching: string
  /** Before a reason. */
  notHad: string
  unknown(code: string): string
  problems: Readonly<Record<string, string>>
  fetchNow: string
  fetchExplain: string
  running: string
  on: string
  off: string
  turnOn: string
  turnOff: string
  used(used: string, limit: string | undefined): string
}

const ALL: Readonly<Record<Language, WantTexts>> = {
  en: {
    fetching: 'is being fetched',
    notHad: 'Could not be fetched:',
    unknown: (code) => `see the command line (${code})`,
    problems: {
      UPSTREAM_UNREACHABLE: 'no device had internet.',
      UPSTREAM_TOO_SLOW: 'the connection was too slow; it goes on where it was.',
      UPSTREAM_REFUSED: 'the index led to a place that is not trusted.',
      UPSTREAM_BROKEN: 'the index gave an answer that nobody understands.',
      WANT_NAME_INVALID: 'this is no name of a package.',
      WANT_TARGET_UNKNOWN: 'it was not said for which Python or R.',
      WANT_UNKNOWN_PACKAGE: 'there is no package of this name, or one that it needs is missing.',
      WANT_NO_FILE: 'there is no file for this version and system.',
      WANT_CONFLICT: 'what it needs does not go together.',
      WANT_TOO_LARGE: 'it is too large; bring it on a disk.',
      WANT_HASH_WRONG: 'what came was damaged, and was thrown away.',
      WANT_BUDGET_SPENT: 'the limit for the internet is used up.',
      WANT_DISK_FULL: 'the device with internet has too little room.',
      IMPORT_RUNNING: 'something else was being added; it goes on afterwards.',
      PACKAGE_MISMATCH: 'the file is not what its name says, and was thrown away.'
    },
    fetchNow: 'Fetch from the internet now',
    fetchExplain:
      'This device fetches what is missing, with what it needs, as soon as it has internet; all devices get it.',
    running: 'This device is fetching missing packages.',
    on: 'Missing packages are fetched by themselves when there is internet.',
    off: 'Missing packages are fetched only when somebody says so.',
    turnOn: 'Fetch by itself when there is internet',
    turnOff: 'Fetch only when told to',
    used: (used, limit) =>
      `This device has used ${used} of the internet for it${limit === undefined ? '; there is no limit.' : `, of at most ${limit}.`}`
  },
  es: {
    fetching: 'se está descargando',
    notHad: 'No se pudo descargar:',
    unknown: (code) => `vea la línea de órdenes (${code})`,
    problems: {
      UPSTREAM_UNREACHABLE: 'ningún dispositivo tenía internet.',
      UPSTREAM_TOO_SLOW: 'la conexión era demasiado lenta; sigue donde se quedó.',
      UPSTREAM_REFUSED: 'el índice llevaba a un lugar en el que no se confía.',
      UPSTREAM_BROKEN: 'el índice dio una respuesta que nadie entiende.',
      WANT_NAME_INVALID: 'no es el nombre de un paquete.',
      WANT_TARGET_UNKNOWN: 'no se dijo para qué Python o R.',
      WANT_UNKNOWN_PACKAGE: 'no hay un paquete con ese nombre, o falta uno que necesita.',
      WANT_NO_FILE: 'no hay un archivo para esta versión y este sistema.',
      WANT_CONFLICT: 'lo que necesita no es compatible entre sí.',
      WANT_TOO_LARGE: 'es demasiado grande; tráigalo en un disco.',
      WANT_HASH_WRONG: 'lo que llegó estaba dañado y se desechó.',
      WANT_BUDGET_SPENT: 'se agotó el límite de internet.',
      WANT_DISK_FULL: 'el dispositivo con internet tiene muy poco espacio.',
      IMPORT_RUNNING: 'se estaba añadiendo otra cosa; sigue después.',
      PACKAGE_MISMATCH: 'el archivo no es lo que dice su nombre y se desechó.'
    },
    fetchNow: 'Descargar de internet ahora',
    fetchExplain:
      'Este dispositivo descarga lo que falta, con lo que necesita, si tiene internet; todos los dispositivos lo reciben.',
    running: 'Este dispositivo está descargando paquetes que faltan.',
    on: 'Los paquetes que faltan se descargan solos cuando hay internet.',
    off: 'Los paquetes que faltan se descargan solo cuando alguien lo pide.',
    turnOn: 'Descargar solos cuando hay internet',
    turnOff: 'Descargar solo cuando se pida',
    used: (used, limit) =>
      `Este dispositivo ha usado ${used} de internet para esto${limit === undefined ? '; no hay límite.' : `, de ${limit} como máximo.`}`
  },
  fr: {
    fetching: 'en cours de téléchargement',
    notHad: 'N’a pas pu être téléchargé :',
    unknown: (code) => `voir la ligne de commande (${code})`,
    problems: {
      UPSTREAM_UNREACHABLE: 'aucun appareil n’avait internet.',
      UPSTREAM_TOO_SLOW: 'la connexion était trop lente ; cela reprendra où c’en était.',
      UPSTREAM_REFUSED: 'l’index menait à un endroit qui n’est pas de confiance.',
      UPSTREAM_BROKEN: 'l’index a donné une réponse que personne ne comprend.',
      WANT_NAME_INVALID: 'ce n’est pas un nom de paquet.',
      WANT_TARGET_UNKNOWN: 'on n’a pas dit pour quel Python ou R.',
      WANT_UNKNOWN_PACKAGE: 'il n’y a pas de paquet de ce nom, ou il en manque un dont il a besoin.',
      WANT_NO_FILE: 'il n’y a pas de fichier pour cette version et ce système.',
      WANT_CONFLICT: 'ce dont il a besoin n’est pas compatible.',
      WANT_TOO_LARGE: 'il est trop gros ; apportez-le sur un disque.',
      WANT_HASH_WRONG: 'ce qui est arrivé était abîmé et a été jeté.',
      WANT_BUDGET_SPENT: 'la limite d’internet est atteinte.',
      WANT_DISK_FULL: 'l’appareil qui a internet manque de place.',
      IMPORT_RUNNING: 'autre chose était en cours d’ajout ; cela reprend ensuite.',
      PACKAGE_MISMATCH: 'le fichier n’est pas ce que dit son nom et a été jeté.'
    },
    fetchNow: 'Télécharger d’internet maintenant',
    fetchExplain:
      'Cet appareil télécharge ce qui manque, avec ce qu’il faut, s’il a internet ; tous les appareils le reçoivent.',
    running: 'Cet appareil télécharge des paquets manquants.',
    on: 'Les paquets manquants sont téléchargés tout seuls quand il y a internet.',
    off: 'Les paquets manquants ne sont téléchargés que sur demande.',
    turnOn: 'Télécharger tout seul quand il y a internet',
    turnOff: 'Télécharger seulement sur demande',
    used: (used, limit) =>
      `Cet appareil a utilisé ${used} d’internet pour cela${limit === undefined ? ' ; il n’y a pas de limite.' : `, sur ${limit} au plus.`}`
  },
  pt: {
    fetching: 'está a ser baixado',
    notHad: 'Não foi possível baixar:',
    unknown: (code) => `veja a linha de comando (${code})`,
    problems: {
      UPSTREAM_UNREACHABLE: 'nenhum dispositivo tinha internet.',
      UPSTREAM_TOO_SLOW: 'a ligação era lenta demais; continua de onde parou.',
      UPSTREAM_REFUSED: 'o índice levava a um lugar que não é de confiança.',
      UPSTREAM_BROKEN: 'o índice deu uma resposta que ninguém entende.',
      WANT_NAME_INVALID: 'não é nome de um pacote.',
      WANT_TARGET_UNKNOWN: 'não foi dito para qual Python ou R.',
      WANT_UNKNOWN_PACKAGE: 'não há pacote com este nome, ou falta um de que precisa.',
      WANT_NO_FILE: 'não há arquivo para esta versão e este sistema.',
      WANT_CONFLICT: 'aquilo de que precisa não é compatível entre si.',
      WANT_TOO_LARGE: 'é grande demais; traga num disco.',
      WANT_HASH_WRONG: 'o que chegou estava danificado e foi descartado.',
      WANT_BUDGET_SPENT: 'o limite de internet foi atingido.',
      WANT_DISK_FULL: 'o dispositivo com internet tem pouco espaço.',
      IMPORT_RUNNING: 'outra coisa estava sendo adicionada; continua depois.',
      PACKAGE_MISMATCH: 'o arquivo não é o que o nome diz e foi descartado.'
    },
    fetchNow: 'Baixar da internet agora',
    fetchExplain:
      'Este dispositivo baixa o que falta, com o que for preciso, se tiver internet; todos os dispositivos recebem.',
    running: 'Este dispositivo está a baixar pacotes em falta.',
    on: 'Os pacotes em falta são baixados sozinhos quando há internet.',
    off: 'Os pacotes em falta só são baixados quando alguém pede.',
    turnOn: 'Baixar sozinho quando há internet',
    turnOff: 'Baixar só quando pedido',
    used: (used, limit) =>
      `Este dispositivo usou ${used} de internet para isto${limit === undefined ? '; não há limite.' : `, de no máximo ${limit}.`}`
  }
}

export function wantTextsIn(language: Language): WantTexts {
  return ALL[language]
}
