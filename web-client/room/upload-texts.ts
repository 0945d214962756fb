import type { Language } from '../languages.ts'

export interface UploadTexts {
  tooLarge(size: string, most: string): string
  sending(file: string): string
  /** So much of so much is there. */
  progress(sent: string, all: string): string
  rate(size: string): string
  left(time: string): string
  storing: string
  cancel: string
  cancelled: string
  broken: string
  full: string
  kind: string
  busy: string
  failed: string
}

const ALL: Readonly<Record<Language, UploadTexts>> = {
  en: {
    tooLarge: (size, most) =>
      `The file has ${size}, and this device has room for ${most}. Nothing was sent. Take out what nobody needs, or add it on another device.`,
    sending: (file) => `Sending ${file}`,
    progress: (sent, all) => `${sent} of ${all}`,
    rate: (size) => `${size} a second`,
    left: (time) => `about ${time} left`,
    storing: 'All of it is there; it is being looked at.',
    cancel: 'Stop sending',
    cancelled: 'Stopped. Nothing of it stays on the device.',
    broken: 'The device could not be reached, or ended it. Nothing of it stays there. Try again.',
    full: 'It is more than this device has room for. Nothing of it stays there.',
    kind: 'A room does not serve files of that kind.',
    busy: 'Something else is being added on this device. Wait until it is done.',
    failed: 'The device did not take it.'
  },
  es: {
    tooLarge: (size, most) =>
      `El archivo ocupa ${size} y en este dispositivo caben ${most}. No se envió nada. Quite lo que nadie necesita o añádalo en otro dispositivo.`,
    sending: (file) => `Enviando ${file}`,
    progress: (sent, all) => `${sent} de ${all}`,
    rate: (size) => `${size} por segundo`,
    left: (time) => `quedan unos ${time}`,
    storing: 'Ya llegó todo; se está revisando.',
    cancel: 'Dejar de enviar',
    cancelled: 'Detenido. No queda nada en el dispositivo.',
    broken: 'No se pudo llegar al dispositivo, o él lo terminó. No queda nada allí. Inténtelo de nuevo.',
    full: 'Es más de lo que cabe en este dispositivo. No queda nada allí.',
    kind: 'Una sala no sirve archivos de ese tipo.',
    busy: 'Se está añadiendo otra cosa en este dispositivo. Espere a que termine.',
    failed: 'El dispositivo no lo aceptó.'
  },
  fr: {
    tooLarge: (size, most) =>
      `Le fichier fait ${size} et cet appareil a de la place pour ${most}. Rien n’a été envoyé. Retirez ce dont personne n’a besoin, ou ajoutez-le sur un autre appareil.`,
    sending: (file) => `Envoi de ${file}`,
    progress: (sent, all) => `${sent} sur ${all}`,
    rate: (size) => `${size} par seconde`,
    left: (time) => `encore ${time} environ`,
    storing: 'Tout est arrivé ; on le regarde.',
    cancel: 'Arrêter l’envoi',
    cancelled: 'Arrêté. Rien n’en reste sur l’appareil.',
    broken: 'L’appareil n’a pas pu être joint, ou y a mis fin. Rien n’en reste. Réessayez.',
    full: 'C’est plus que la place de cet appareil. Rien n’en reste.',
    kind: 'Une salle ne sert pas de fichiers de ce type.',
    busy: 'Autre chose est en cours d’ajout sur cet appareil. Attendez la fin.',
    failed: 'L’appareil ne l’a pas pris.'
  },
  pt: {
    tooLarge: (size, most) =>
      `O arquivo tem ${size} e neste dispositivo cabem ${most}. Nada foi enviado. Retire o que ninguém precisa ou adicione em outro dispositivo.`,
    sending: (file) => `Enviando ${file}`,
    progress: (sent, all) => `${sent} de ${all}`,
    rate: (size) => `${size} por segundo`,
    left: (time) => `faltam cerca de ${time}`,
    storing: 'Chegou tudo; está sendo examinado.',
    cancel: 'Parar de enviar',
    cancelled: 'Parado. Nada disso fica no dispositivo.',
    broken: 'Não foi possível alcançar o dispositivo, ou ele encerrou. Nada fica lá. Tente de novo.',
    full: 'É mais do que cabe neste dispositivo. Nada fica lá.',
    kind: 'Uma sala não serve arquivos desse tipo.',
    busy: 'Outra coisa está sendo adicionada neste dispositivo. Espere terminar.',
    failed: 'O dispositivo não o aceitou.'
  }
}

export function uploadTextsIn(language: Language): UploadTexts {
  return ALL[language]
}
