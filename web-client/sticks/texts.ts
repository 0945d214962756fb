/** Texts of the first page of a learner's stick. */
import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

interface StickTexts {
  tagline: string
  lessons: { title: string; explain: string; data: string }
  installers: { title: string; explain: string; none: string }
  python: { title: string; explain: string; which(count: number): string }
  r: { title: string; explain: string; which(count: number): string }
  others: { title: string; explain: string; files(count: number): string }
  /** Where no script tells where the stick is. */
  place: string
  internet: string
  copies: string
}

const en: StickTexts = {
  tagline: 'Everything for this class on a stick. Nothing here needs the internet.',
  lessons: {
    title: 'Lessons',
    explain: 'Click one; pictures and data come with it.',
    data: 'Data files of this lesson'
  },
  installers: {
    title: 'Programs to install',
    explain: 'Copy the file to your computer if the stick goes on to somebody else, then open it.',
    none: 'There is none for this system.'
  },
  python: {
    title: 'Python packages',
    explain: 'Paste this into a terminal. Put the package you need at the end.',
    which: plural('en', { one: '# package is here', other: '# packages are here' })
  },
  r: {
    title: 'R packages',
    explain: 'Paste this into R. Put the package you need between the first quotes.',
    which: plural('en', { one: '# package is here', other: '# packages are here' })
  },
  others: {
    title: 'Other files',
    explain: 'Open the folder.',
    files: plural('en', { one: '# file', other: '# files' })
  },
  place: 'In the lines below, put the folder of this page in place of STICK, such as E:/ or /media/me/STICK.',
  internet: 'Links marked “internet” lead outside and work when you are online.',
  copies: 'You may copy this whole folder to your computer and to others.'
}

const es: StickTexts = {
  tagline: 'Todo para esta clase en una memoria USB. Nada de esto necesita internet.',
  lessons: {
    title: 'Lecciones',
    explain: 'Haz clic en una; las imágenes y los datos vienen con ella.',
    data: 'Archivos de datos de esta lección'
  },
  installers: {
    title: 'Programas para instalar',
    explain: 'Copia el archivo a tu computadora si la memoria pasa a otra persona, y después ábrelo.',
    none: 'No hay ninguno para este sistema.'
  },
  python: {
    title: 'Paquetes de Python',
    explain: 'Pega esto en una terminal. Pon al final el paquete que necesitas.',
    which: plural('es', { one: 'Hay # paquete', other: 'Hay # paquetes' })
  },
  r: {
    title: 'Paquetes de R',
    explain: 'Pega esto en R. Pon el paquete que necesitas entre las primeras comillas.',
    which: plural('es', { one: 'Hay # paquete', other: 'Hay # paquetes' })
  },
  others: {
    title: 'Otros archivos',
    explain: 'Abre la carpeta.',
    files: plural('es', { one: '# archivo', other: '# archivos' })
  },
  place: 'En las líneas de abajo, pon la carpeta de esta página en lugar de STICK, como E:/ o /media/yo/STICK.',
  internet: 'Los enlaces marcados con «internet» llevan afuera y funcionan cuando tienes conexión.',
  copies: 'Puedes copiar toda esta carpeta a tu computadora y a otras.'
}

const fr: StickTexts = {
  tagline: 'Tout pour ce cours sur une clé. Rien ici n’a besoin d’internet.',
  lessons: {
    title: 'Leçons',
    explain: 'Cliquez sur l’une d’elles ; images et données sont avec.',
    data: 'Fichiers de données de cette leçon'
  },
  installers: {
    title: 'Programmes à installer',
    explain: 'Copiez le fichier sur votre ordinateur si la clé passe à quelqu’un d’autre, puis ouvrez-le.',
    none: 'Il n’y en a pas pour ce système.'
  },
  python: {
    title: 'Paquets Python',
    explain: 'Collez ceci dans un terminal. Mettez à la fin le paquet qu’il vous faut.',
    which: plural('fr', { one: '# paquet est ici', other: '# paquets sont ici' })
  },
  r: {
    title: 'Paquets R',
    explain: 'Collez ceci dans R. Mettez le paquet qu’il vous faut entre les premiers guillemets.',
    which: plural('fr', { one: '# paquet est ici', other: '# paquets sont ici' })
  },
  others: {
    title: 'Autres fichiers',
    explain: 'Ouvrez le dossier.',
    files: plural('fr', { one: '# fichier', other: '# fichiers' })
  },
  place:
    'Dans les lignes ci-dessous, mettez le dossier de cette page à la place de STICK, par exemple E:/ ou /media/moi/STICK.',
  internet: 'Les liens marqués « internet » mènent dehors et marchent quand vous êtes en ligne.',
  copies: 'Vous pouvez copier tout ce dossier sur votre ordinateur et sur d’autres.'
}

const pt: StickTexts = {
  tagline: 'Tudo para esta aula num pendrive. Nada aqui precisa da internet.',
  lessons: {
    title: 'Lições',
    explain: 'Clique numa; as imagens e os dados vêm junto.',
    data: 'Arquivos de dados desta lição'
  },
  installers: {
    title: 'Programas para instalar',
    explain: 'Copie o arquivo para o seu computador se o pendrive for passar a outra pessoa, e depois abra.',
    none: 'Não há nenhum para este sistema.'
  },
  python: {
    title: 'Pacotes de Python',
    explain: 'Cole isto num terminal. Ponha no fim o pacote de que precisa.',
    which: plural('pt', { one: 'Há # pacote', other: 'Há # pacotes' })
  },
  r: {
    title: 'Pacotes de R',
    explain: 'Cole isto no R. Ponha o pacote de que precisa entre as primeiras aspas.',
    which: plural('pt', { one: 'Há # pacote', other: 'Há # pacotes' })
  },
  others: {
    title: 'Outros arquivos',
    explain: 'Abra a pasta.',
    files: plural('pt', { one: '# arquivo', other: '# arquivos' })
  },
  place: 'Nas linhas abaixo, ponha a pasta desta página no lugar de STICK, como E:/ ou /media/eu/STICK.',
  internet: 'Links marcados com “internet” levam para fora e funcionam quando você está on-line.',
  copies: 'Você pode copiar esta pasta inteira para o seu computador e para outros.'
}

const TEXTS: Readonly<Record<Language, StickTexts>> = { en, es, fr, pt }

export const stickTextsIn = (language: Language): StickTexts => TEXTS[language]
