/** Why a file or a stick was not added, and what to do next, by the code of the error; `file` is what was to be added. */
import type { Language } from '../languages.ts'

type ImportTexts = Readonly<Record<ImportProblemCode, (file: string) => string>>

/** What a facilitator may meet. The rest keeps the sentence of the program. */
export const IMPORT_PROBLEM_CODES = [
  'ARCHIVE_BROKEN',
  'ARCHIVE_UNSAFE',
  'ARCHIVE_TOO_LARGE',
  'COLLECTION_FULL',
  'DISK_FULL',
  'FILE_CHANGED',
  'FILE_NOT_AS_LISTED',
  'FILE_TOO_LARGE',
  'FILE_UNREADABLE',
  'IMPORT_DISK_FULL',
  'IMPORT_MEMORY_FULL',
  'IMPORT_NO_FOLDER',
  'IMPORT_NOTHING_FOUND',
  'IMPORT_RUNNING',
  'IMPORT_TOO_MANY_FILES',
  'INTERNAL',
  'NAME_FORBIDDEN',
  'STOPPED'
] as const

type ImportProblemCode = (typeof IMPORT_PROBLEM_CODES)[number]

const EN_FULL = 'This device has too little room for it. Make room or use a bigger card, then add it again.'
const ES_FULL =
  'En este dispositivo no hay espacio suficiente. Haga espacio o use una tarjeta mayor y añádalo de nuevo.'
const FR_FULL =
  'Cet appareil n’a pas assez de place. Faites de la place ou prenez une carte plus grande, puis réessayez.'
const PT_FULL = 'Não há espaço suficiente neste dispositivo. Libere espaço ou use um cartão maior e adicione de novo.'

const ALL: Readonly<Record<Language, ImportTexts>> = {
  en: {
    ARCHIVE_BROKEN: (file) => `${file} is cut off or damaged. Download or copy it again.`,
    ARCHIVE_UNSAFE: (file) => `${file} is not safe to unpack. Do not open it; get it again from its publisher.`,
    ARCHIVE_TOO_LARGE: (file) => `${file} is too large to unpack. Put what is in it into smaller files.`,
    COLLECTION_FULL: () => 'There is no room for more in this collection. Take something out, or add a smaller part.',
    DISK_FULL: () => EN_FULL,
    FILE_CHANGED: (file) =>
      `Something in ${file} changed meanwhile. Wait until nothing writes to it, then add it again.`,
    FILE_NOT_AS_LISTED: (file) => `${file} is damaged or was changed. Download it again.`,
    FILE_TOO_LARGE: (file) => `A file in ${file} is too large. Split it; one file may have at most a terabyte.`,
    FILE_UNREADABLE: (file) => `${file} cannot be read. Check the stick, or copy it again from where it came.`,
    IMPORT_DISK_FULL: () => EN_FULL,
    IMPORT_MEMORY_FULL: (file) => `${file} holds more files than this device has memory for. Add a part at a time.`,
    IMPORT_NO_FOLDER: (file) => `${file} is not there any more. Check that the stick is plugged in.`,
    IMPORT_NOTHING_FOUND: (file) =>
      `Nothing that belongs to a workshop was found in ${file}. Say where to put it, or add another file.`,
    IMPORT_RUNNING: () => 'Something else is being added on this device. Wait until it is done.',
    IMPORT_TOO_MANY_FILES: (file) => `${file} holds too many files. Add a part at a time.`,
    INTERNAL: () => 'Something went wrong on the device. Try again, and tell whoever looks after it.',
    NAME_FORBIDDEN: (file) => `A name in ${file} cannot be used here. Rename the file.`,
    STOPPED: () => 'The device was stopping. Add it again when it is back.'
  },
  es: {
    ARCHIVE_BROKEN: (file) => `${file} está incompleto o dañado. Descárguelo o cópielo de nuevo.`,
    ARCHIVE_UNSAFE: (file) => `No es seguro descomprimir ${file}. No lo abra; consígalo de nuevo de quien lo publica.`,
    ARCHIVE_TOO_LARGE: (file) => `${file} es demasiado grande para descomprimirlo. Repártalo en archivos menores.`,
    COLLECTION_FULL: () => 'En esta colección no cabe más. Quite algo o añada una parte menor.',
    DISK_FULL: () => ES_FULL,
    FILE_CHANGED: (file) =>
      `Algo en ${file} cambió mientras tanto. Espere a que nada escriba en él y añádalo de nuevo.`,
    FILE_NOT_AS_LISTED: (file) => `${file} está dañado o fue cambiado. Descárguelo de nuevo.`,
    FILE_TOO_LARGE: (file) =>
      `Un archivo de ${file} es demasiado grande. Divídalo; un archivo puede tener como mucho un terabyte.`,
    FILE_UNREADABLE: (file) => `No se puede leer ${file}. Revise la memoria USB o cópielo de nuevo desde su origen.`,
    IMPORT_DISK_FULL: () => ES_FULL,
    IMPORT_MEMORY_FULL: (file) =>
      `${file} tiene más archivos de los que caben en la memoria de este dispositivo. Añádalo por partes.`,
    IMPORT_NO_FOLDER: (file) => `${file} ya no está. Compruebe que la memoria USB está conectada.`,
    IMPORT_NOTHING_FOUND: (file) =>
      `En ${file} no se encontró nada propio de un taller. Diga dónde ponerlo o añada otro archivo.`,
    IMPORT_RUNNING: () => 'Se está añadiendo otra cosa en este dispositivo. Espere a que termine.',
    IMPORT_TOO_MANY_FILES: (file) => `${file} tiene demasiados archivos. Añádalo por partes.`,
    INTERNAL: () => 'Algo falló en el dispositivo. Inténtelo de nuevo y avise a quien lo cuida.',
    NAME_FORBIDDEN: (file) => `Un nombre en ${file} no se puede usar aquí. Cambie el nombre del archivo.`,
    STOPPED: () => 'El dispositivo se estaba apagando. Añádalo de nuevo cuando vuelva.'
  },
  fr: {
    ARCHIVE_BROKEN: (file) => `${file} est incomplet ou abîmé. Téléchargez-le ou copiez-le de nouveau.`,
    ARCHIVE_UNSAFE: (file) =>
      `Il n’est pas sûr de décompresser ${file}. Ne l’ouvrez pas ; reprenez-le chez qui le publie.`,
    ARCHIVE_TOO_LARGE: (file) =>
      `${file} est trop grand pour être décompressé. Répartissez son contenu dans des fichiers plus petits.`,
    COLLECTION_FULL: () => 'Cette collection est pleine. Retirez quelque chose, ou ajoutez une partie plus petite.',
    DISK_FULL: () => FR_FULL,
    FILE_CHANGED: (file) =>
      `Quelque chose dans ${file} a changé entre-temps. Attendez que plus rien n’y écrive, puis ajoutez-le de nouveau.`,
    FILE_NOT_AS_LISTED: (file) => `${file} est abîmé ou a été modifié. Téléchargez-le de nouveau.`,
    FILE_TOO_LARGE: (file) =>
      `Un fichier de ${file} est trop grand. Divisez-le ; un fichier peut faire un téraoctet au plus.`,
    FILE_UNREADABLE: (file) => `${file} ne peut pas être lu. Vérifiez la clé USB, ou copiez-le de nouveau.`,
    IMPORT_DISK_FULL: () => FR_FULL,
    IMPORT_MEMORY_FULL: (file) =>
      `${file} contient plus de fichiers que la mémoire de cet appareil n’en permet. Ajoutez-le par parties.`,
    IMPORT_NO_FOLDER: (file) => `${file} n’est plus là. Vérifiez que la clé USB est branchée.`,
    IMPORT_NOTHING_FOUND: (file) =>
      `Rien de ce qui sert à un atelier n’a été trouvé dans ${file}. Dites où le mettre, ou ajoutez un autre fichier.`,
    IMPORT_RUNNING: () => 'Autre chose est en cours d’ajout sur cet appareil. Attendez la fin.',
    IMPORT_TOO_MANY_FILES: (file) => `${file} contient trop de fichiers. Ajoutez-le par parties.`,
    INTERNAL: () => 'L’appareil a rencontré un problème. Réessayez, et dites-le à qui s’en occupe.',
    NAME_FORBIDDEN: (file) => `Un nom dans ${file} ne peut pas servir ici. Renommez le fichier.`,
    STOPPED: () => 'L’appareil s’arrêtait. Ajoutez-le de nouveau quand il sera revenu.'
  },
  pt: {
    ARCHIVE_BROKEN: (file) => `${file} está incompleto ou danificado. Baixe ou copie de novo.`,
    ARCHIVE_UNSAFE: (file) => `Não é seguro descompactar ${file}. Não o abra; obtenha de novo com quem o publica.`,
    ARCHIVE_TOO_LARGE: (file) => `${file} é grande demais para descompactar. Divida o conteúdo em arquivos menores.`,
    COLLECTION_FULL: () => 'Não cabe mais nada nesta coleção. Retire algo ou adicione uma parte menor.',
    DISK_FULL: () => PT_FULL,
    FILE_CHANGED: (file) =>
      `Algo em ${file} mudou enquanto isso. Espere até que nada mais escreva nele e adicione de novo.`,
    FILE_NOT_AS_LISTED: (file) => `${file} está danificado ou foi alterado. Baixe de novo.`,
    FILE_TOO_LARGE: (file) =>
      `Um arquivo de ${file} é grande demais. Divida-o; um arquivo pode ter no máximo um terabyte.`,
    FILE_UNREADABLE: (file) => `Não é possível ler ${file}. Verifique o pen drive ou copie de novo da origem.`,
    IMPORT_DISK_FULL: () => PT_FULL,
    IMPORT_MEMORY_FULL: (file) =>
      `${file} tem mais arquivos do que cabe na memória deste dispositivo. Adicione uma parte de cada vez.`,
    IMPORT_NO_FOLDER: (file) => `${file} não está mais lá. Verifique se o pen drive está conectado.`,
    IMPORT_NOTHING_FOUND: (file) =>
      `Nada que pertença a uma oficina foi encontrado em ${file}. Diga onde colocar ou adicione outro arquivo.`,
    IMPORT_RUNNING: () => 'Outra coisa está sendo adicionada neste dispositivo. Espere terminar.',
    IMPORT_TOO_MANY_FILES: (file) => `${file} tem arquivos demais. Adicione uma parte de cada vez.`,
    INTERNAL: () => 'Algo deu errado no dispositivo. Tente de novo e avise quem cuida dele.',
    NAME_FORBIDDEN: (file) => `Um nome em ${file} não pode ser usado aqui. Renomeie o arquivo.`,
    STOPPED: () => 'O dispositivo estava parando. Adicione de novo quando ele voltar.'
  }
}

/** @returns undefined for a code without words of its own */
export function importWordsIn(language: Language, code: string, file: string): string | undefined {
  const words: Readonly<Record<string, (file: string) => string>> = ALL[language]
  return Object.hasOwn(words, code) ? words[code]?.(file) : undefined
}
