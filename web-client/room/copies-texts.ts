import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

export interface CopiesTexts {
  title: string
  tagline: string
  /** How many count, and what they offer together. */
  offered(devices: number, size: string): string
  standard: string
  standardExplain: string
  everywhere: string
  copies: string
  /** Of the field for the number. */
  number: string
  onDemand: string
  onDemandExplain: string
  now: string
  holds(count: number): string
  cost(total: string, each: string): string
  /** More than the devices offer. */
  tooMuch: string
  save: string
  only: string
  noRule: string
  forPath: string
  forPathExplain: string
  path: string
  add: string
  empty: string
  wrong: string
  wrongName: string
}

const ALL: Readonly<Record<Language, CopiesTexts>> = {
  en: {
    title: 'How many copies',
    tagline: 'More copies are safer and take more of the disks.',
    offered: (devices, size) =>
      devices === 1
        ? `One device counts, and offers ${size}.`
        : `${devices} devices count, and offer ${size} together.`,
    standard: 'As the room needs it',
    standardExplain: 'On every device while it fits, else two copies.',
    everywhere: 'On every device',
    copies: 'A number of copies',
    number: 'Copies',
    onDemand: 'Only when somebody asks',
    onDemandExplain:
      'It stays where it was added; other devices fetch it for whoever asks. It is gone when that device breaks.',
    now: 'now',
    holds: plural('en', { one: '# file', other: '# files' }),
    cost: (total, each) => `${total} in all, about ${each} on each device`,
    tooMuch: 'more than the devices offer',
    save: 'Keep it so',
    only: 'Only this path',
    noRule: 'Back to what counts for the whole collection',
    forPath: 'Another rule for one path',
    forPathExplain: 'Such as installers/rstudio: what lies there is kept as you say here.',
    path: 'Collection and path',
    add: 'Add the rule',
    empty: 'There is nothing in the room yet.',
    wrong: 'That is no number of copies.',
    wrongName: 'That is no collection and no path of one.'
  },
  es: {
    title: 'Cuántas copias',
    tagline: 'Más copias dan más seguridad y ocupan más disco.',
    offered: (devices, size) =>
      devices === 1
        ? `Cuenta un dispositivo y ofrece ${size}.`
        : `Cuentan ${devices} dispositivos y ofrecen ${size} juntos.`,
    standard: 'Según lo necesite la sala',
    standardExplain: 'En todos los dispositivos mientras quepa; si no, dos copias.',
    everywhere: 'En todos los dispositivos',
    copies: 'Un número de copias',
    number: 'Copias',
    onDemand: 'Solo cuando alguien lo pida',
    onDemandExplain:
      'Se queda donde se añadió; los demás lo traen para quien lo pida. Se pierde si ese dispositivo se rompe.',
    now: 'ahora',
    holds: plural('es', { one: '# archivo', other: '# archivos', many: '# de archivos' }),
    cost: (total, each) => `${total} en total, unos ${each} en cada dispositivo`,
    tooMuch: 'más de lo que ofrecen los dispositivos',
    save: 'Dejarlo así',
    only: 'Solo esta ruta',
    noRule: 'Volver a lo que vale para toda la colección',
    forPath: 'Otra regla para una ruta',
    forPathExplain: 'Por ejemplo installers/rstudio: lo que hay ahí se guarda como diga aquí.',
    path: 'Colección y ruta',
    add: 'Añadir la regla',
    empty: 'Todavía no hay nada en la sala.',
    wrong: 'Eso no es un número de copias.',
    wrongName: 'Eso no es una colección ni una ruta de ella.'
  },
  fr: {
    title: 'Combien de copies',
    tagline: 'Plus de copies, c’est plus sûr et cela prend plus de place.',
    offered: (devices, size) =>
      devices === 1
        ? `Un appareil compte et offre ${size}.`
        : `${devices} appareils comptent et offrent ${size} ensemble.`,
    standard: 'Selon les besoins de la salle',
    standardExplain: 'Sur tous les appareils tant que cela tient, sinon deux copies.',
    everywhere: 'Sur tous les appareils',
    copies: 'Un nombre de copies',
    number: 'Copies',
    onDemand: 'Seulement quand quelqu’un le demande',
    onDemandExplain:
      'Cela reste là où on l’a ajouté ; les autres vont le chercher pour qui le demande. C’est perdu si cet appareil tombe en panne.',
    now: 'maintenant',
    holds: plural('fr', { one: '# fichier', other: '# fichiers', many: '# de fichiers' }),
    cost: (total, each) => `${total} en tout, environ ${each} sur chaque appareil`,
    tooMuch: 'plus que ce que les appareils offrent',
    save: 'Garder ainsi',
    only: 'Seulement ce chemin',
    noRule: 'Revenir à ce qui vaut pour toute la collection',
    forPath: 'Une autre règle pour un chemin',
    forPathExplain: 'Par exemple installers/rstudio : ce qui s’y trouve est gardé comme vous le dites ici.',
    path: 'Collection et chemin',
    add: 'Ajouter la règle',
    empty: 'Il n’y a encore rien dans la salle.',
    wrong: 'Ce n’est pas un nombre de copies.',
    wrongName: 'Ce n’est ni une collection ni un de ses chemins.'
  },
  pt: {
    title: 'Quantas cópias',
    tagline: 'Mais cópias são mais seguras e ocupam mais disco.',
    offered: (devices, size) =>
      devices === 1
        ? `Conta um dispositivo, que oferece ${size}.`
        : `Contam ${devices} dispositivos, que oferecem ${size} juntos.`,
    standard: 'Conforme a sala precisar',
    standardExplain: 'Em todos os dispositivos enquanto couber; senão, duas cópias.',
    everywhere: 'Em todos os dispositivos',
    copies: 'Um número de cópias',
    number: 'Cópias',
    onDemand: 'Só quando alguém pedir',
    onDemandExplain:
      'Fica onde foi adicionado; os outros buscam para quem pedir. Perde-se se esse dispositivo quebrar.',
    now: 'agora',
    holds: plural('pt', { one: '# arquivo', other: '# arquivos', many: '# de arquivos' }),
    cost: (total, each) => `${total} ao todo, cerca de ${each} em cada dispositivo`,
    tooMuch: 'mais do que os dispositivos oferecem',
    save: 'Manter assim',
    only: 'Só este caminho',
    noRule: 'Voltar ao que vale para toda a coleção',
    forPath: 'Outra regra para um caminho',
    forPathExplain: 'Por exemplo installers/rstudio: o que está ali é guardado como você disser aqui.',
    path: 'Coleção e caminho',
    add: 'Adicionar a regra',
    empty: 'Ainda não há nada na sala.',
    wrong: 'Isso não é um número de cópias.',
    wrongName: 'Isso não é uma coleção nem um caminho dela.'
  }
}

export function copiesTextsIn(language: Language): CopiesTexts {
  return ALL[language]
}
