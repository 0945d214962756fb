/** Words of the setup pages. */
import type { Language } from '../languages.ts'
import type { SetupTool } from './setup-tool.ts'

export interface SetupTexts {
  title: string
  tagline: string
  tools: Readonly<Record<SetupTool, { name: string; what: string }>>
  /** Where the line is pasted. */
  unix: string
  windows: string
  paste: string
  file: string
  /** Of the file that was downloaded. */
  run: string
  again: string
  leave: string
  leaveExplain: string
  /** For whom we do not know to have set anything up. */
  leaveAsk: string
  project: Readonly<Record<SetupTool, string>>
  back: string
  linkFrom: string
}

const en: SetupTexts = {
  title: 'Set up your computer',
  tagline: 'One line, once. Everything goes back exactly as it was when you leave.',
  tools: {
    pip: { name: 'Python packages (pip)', what: 'After this, pip install NAME takes packages from this room.' },
    r: { name: 'R packages', what: 'After this, install.packages("NAME") takes packages from this room.' },
    git: {
      name: 'git',
      what: 'After this, addresses at github.com lead to this room, so that the lesson runs word for word.'
    }
  },
  unix: 'Linux and macOS: paste into a terminal',
  windows: 'Windows: paste into PowerShell',
  paste: 'Paste this line:',
  file: 'Or download the file and look at it first:',
  run: 'Then run it, in the folder where it is:',
  again: 'Running it twice changes nothing. Your other settings stay.',
  leave: 'Before you leave',
  leaveAsk: 'Did you set up your computer for this room?',
  leaveExplain: 'This puts your settings back byte for byte. It works without the room, also at home:',
  project: {
    pip: 'In an active virtual environment only that environment is set up.',
    r: 'In the folder of a project (.Rproj or .Rprofile) only that project is set up.',
    git: 'Inside a repository only that repository is set up.'
  },
  back: 'What is in this room',
  linkFrom: 'Set it up once, for every command'
}

const es: SetupTexts = {
  title: 'Prepara tu computadora',
  tagline: 'Una línea, una sola vez. Al irte, todo vuelve a quedar exactamente como estaba.',
  tools: {
    pip: { name: 'Paquetes de Python (pip)', what: 'Después, pip install NOMBRE toma los paquetes de esta sala.' },
    r: { name: 'Paquetes de R', what: 'Después, install.packages("NOMBRE") toma los paquetes de esta sala.' },
    git: {
      name: 'git',
      what: 'Después, las direcciones de github.com llevan a esta sala, para seguir la lección palabra por palabra.'
    }
  },
  unix: 'Linux y macOS: pega en una terminal',
  windows: 'Windows: pega en PowerShell',
  paste: 'Pega esta línea:',
  file: 'O descarga el archivo y míralo antes:',
  run: 'Luego ejecútalo, en la carpeta donde está:',
  again: 'Ejecutarla dos veces no cambia nada. Tus demás ajustes se quedan.',
  leave: 'Antes de irte',
  leaveAsk: '¿Preparaste tu computadora para esta sala?',
  leaveExplain: 'Esto deja tus ajustes byte por byte como estaban. Funciona sin la sala, también en casa:',
  project: {
    pip: 'Con un entorno virtual activo, solo se prepara ese entorno.',
    r: 'En la carpeta de un proyecto (.Rproj o .Rprofile), solo se prepara ese proyecto.',
    git: 'Dentro de un repositorio, solo se prepara ese repositorio.'
  },
  back: 'Qué hay en esta sala',
  linkFrom: 'Prepáralo una vez para todas las órdenes'
}

const fr: SetupTexts = {
  title: 'Préparez votre ordinateur',
  tagline: 'Une ligne, une seule fois. En partant, tout redevient exactement comme avant.',
  tools: {
    pip: { name: 'Paquets Python (pip)', what: 'Ensuite, pip install NOM prend les paquets de cette salle.' },
    r: { name: 'Paquets R', what: 'Ensuite, install.packages("NOM") prend les paquets de cette salle.' },
    git: {
      name: 'git',
      what: 'Ensuite, les adresses de github.com mènent à cette salle, pour suivre la leçon mot à mot.'
    }
  },
  unix: 'Linux et macOS : collez dans un terminal',
  windows: 'Windows : collez dans PowerShell',
  paste: 'Collez cette ligne :',
  file: 'Ou téléchargez le fichier et regardez-le d’abord :',
  run: 'Puis lancez-le, dans le dossier où il se trouve :',
  again: 'La lancer deux fois ne change rien. Vos autres réglages restent.',
  leave: 'Avant de partir',
  leaveAsk: 'Avez-vous réglé votre ordinateur pour cette salle ?',
  leaveExplain: 'Ceci remet vos réglages octet par octet. Cela marche sans la salle, aussi à la maison :',
  project: {
    pip: 'Dans un environnement virtuel actif, seul cet environnement est réglé.',
    r: 'Dans le dossier d’un projet (.Rproj ou .Rprofile), seul ce projet est réglé.',
    git: 'Dans un dépôt, seul ce dépôt est réglé.'
  },
  back: 'Ce qu’il y a dans cette salle',
  linkFrom: 'Réglez-le une fois pour toutes les commandes'
}

const pt: SetupTexts = {
  title: 'Prepare o seu computador',
  tagline: 'Uma linha, uma vez. Quando sair, tudo volta exatamente ao que era.',
  tools: {
    pip: { name: 'Pacotes de Python (pip)', what: 'Depois, pip install NOME busca os pacotes nesta sala.' },
    r: { name: 'Pacotes de R', what: 'Depois, install.packages("NOME") busca os pacotes nesta sala.' },
    git: {
      name: 'git',
      what: 'Depois, os endereços do github.com levam a esta sala, para seguir a lição palavra por palavra.'
    }
  },
  unix: 'Linux e macOS: cole num terminal',
  windows: 'Windows: cole no PowerShell',
  paste: 'Cole esta linha:',
  file: 'Ou baixe o arquivo e veja antes o que ele faz:',
  run: 'Depois execute-o, na pasta onde ele está:',
  again: 'Executar duas vezes não muda nada. As suas outras configurações ficam.',
  leave: 'Antes de sair',
  leaveAsk: 'Você preparou o seu computador para esta sala?',
  leaveExplain: 'Isto deixa as suas configurações byte por byte como eram. Funciona sem a sala, também em casa:',
  project: {
    pip: 'Num ambiente virtual ativo, só esse ambiente é preparado.',
    r: 'Na pasta de um projeto (.Rproj ou .Rprofile), só esse projeto é preparado.',
    git: 'Dentro de um repositório, só esse repositório é preparado.'
  },
  back: 'O que há nesta sala',
  linkFrom: 'Prepare uma vez para todos os comandos'
}

const TEXTS: Readonly<Record<Language, SetupTexts>> = { en, es, fr, pt }

export const setupTextsIn = (language: Language): SetupTexts => TEXTS[language]
