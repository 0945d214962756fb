import type { Language } from '../languages.ts'
import { plural } from '../texts/plural.ts'

export interface InvitationTexts {
  title: string
  tagline: string
  make: string
  uses: string
  role: string
  roles: Record<'node' | 'laptop', string>
  makeIt: string
  made: string
  /** Whoever has it can bring a device in. */
  secret: string
  letsIn(count: number): string
  code: string
  onDevice: string
  text: string
  line: string
  lineExplain: string
  noLine: string
  noted: string
  open: string
  none: string
  left(count: number): string
  by(device: string): string
  usedBy(devices: string): string
  revoke: string
  revokeExplain: string
}

const ALL: Readonly<Record<Language, InvitationTexts>> = {
  en: {
    title: 'Invite devices',
    tagline: 'An invitation lets further devices into this room, even when no device of the room is near.',
    make: 'Make an invitation',
    uses: 'How many devices it lets in',
    role: 'What they are',
    roles: { node: 'Classroom devices', laptop: 'Laptops that also leave' },
    makeIt: 'Make it',
    made: 'The new invitation',
    secret: 'Keep it to yourself: whoever has it can bring a device in. It is shown here for twenty minutes.',
    letsIn: plural('en', { one: 'Lets in # device.', other: 'Lets in # devices.' }),
    code: 'The invitation as a QR code',
    onDevice: 'On a device that has Joinery',
    text: 'The invitation alone',
    line: 'On a Pi or a Linux computer that has nothing yet',
    lineExplain:
      'Paste this line there. It fetches the program from this device, compares it with its hash, and joins the room.',
    noLine:
      'This device cannot hand out its program, or has no address that others reach: `joinery invite --line` says more.',
    noted: 'I have it: hide it',
    open: 'Open invitations',
    none: 'There is none.',
    left: plural('en', { one: 'lets in # more device', other: 'lets in # more devices' }),
    by: (device) => `made on ${device}`,
    usedBy: (devices) => `came in with it: ${devices}`,
    revoke: 'Take it back',
    revokeExplain: 'Devices that came in with an invitation stay when it is taken back.'
  },
  es: {
    title: 'Invitar dispositivos',
    tagline: 'Una invitación deja entrar más dispositivos en esta sala, aunque no haya ninguno de la sala cerca.',
    make: 'Hacer una invitación',
    uses: 'Cuántos dispositivos deja entrar',
    role: 'Qué son',
    roles: { node: 'Dispositivos del aula', laptop: 'Portátiles que también se van' },
    makeIt: 'Hacerla',
    made: 'La invitación nueva',
    secret: 'Guárdela para usted: quien la tenga puede meter un dispositivo. Se muestra aquí durante veinte minutos.',
    letsIn: plural('es', {
      one: 'Deja entrar # dispositivo.',
      other: 'Deja entrar # dispositivos.',
      many: 'Deja entrar # de dispositivos.'
    }),
    code: 'La invitación como código QR',
    onDevice: 'En un dispositivo que ya tiene Joinery',
    text: 'Solo la invitación',
    line: 'En una Pi o un ordenador con Linux que aún no tiene nada',
    lineExplain:
      'Pegue allí esta línea. Trae el programa de este dispositivo, lo compara con su hash y entra en la sala.',
    noLine:
      'Este dispositivo no puede repartir su programa, o no tiene una dirección que otros alcancen: `joinery invite --line` dice más.',
    noted: 'Ya la tengo: ocultarla',
    open: 'Invitaciones abiertas',
    none: 'No hay ninguna.',
    left: plural('es', {
      one: 'deja entrar # dispositivo más',
      other: 'deja entrar # dispositivos más',
      many: 'deja entrar # de dispositivos más'
    }),
    by: (device) => `hecha en ${device}`,
    usedBy: (devices) => `entraron con ella: ${devices}`,
    revoke: 'Retirarla',
    revokeExplain: 'Los dispositivos que entraron con una invitación se quedan cuando se retira.'
  },
  fr: {
    title: 'Inviter des appareils',
    tagline:
      'Une invitation fait entrer d’autres appareils dans cette salle, même si aucun appareil de la salle n’est proche.',
    make: 'Faire une invitation',
    uses: 'Combien d’appareils elle fait entrer',
    role: 'Ce qu’ils sont',
    roles: { node: 'Des appareils de la salle', laptop: 'Des portables qui repartent aussi' },
    makeIt: 'La faire',
    made: 'La nouvelle invitation',
    secret: 'Gardez-la pour vous : qui l’a peut faire entrer un appareil. Elle est montrée ici pendant vingt minutes.',
    letsIn: plural('fr', {
      one: 'Fait entrer # appareil.',
      other: 'Fait entrer # appareils.',
      many: 'Fait entrer # d’appareils.'
    }),
    code: 'L’invitation en code QR',
    onDevice: 'Sur un appareil qui a déjà Joinery',
    text: 'L’invitation seule',
    line: 'Sur un Pi ou un ordinateur sous Linux qui n’a encore rien',
    lineExplain:
      'Collez-y cette ligne. Elle prend le programme sur cet appareil, le compare à son empreinte et entre dans la salle.',
    noLine:
      'Cet appareil ne peut pas donner son programme, ou n’a pas d’adresse que d’autres atteignent : `joinery invite --line` en dit plus.',
    noted: 'Je l’ai : la cacher',
    open: 'Invitations ouvertes',
    none: 'Il n’y en a pas.',
    left: plural('fr', {
      one: 'fait encore entrer # appareil',
      other: 'fait encore entrer # appareils',
      many: 'fait encore entrer # d’appareils'
    }),
    by: (device) => `faite sur ${device}`,
    usedBy: (devices) => `entrés avec elle : ${devices}`,
    revoke: 'La retirer',
    revokeExplain: 'Les appareils entrés avec une invitation restent quand on la retire.'
  },
  pt: {
    title: 'Convidar dispositivos',
    tagline: 'Um convite deixa entrar mais dispositivos nesta sala, mesmo sem nenhum dispositivo da sala por perto.',
    make: 'Fazer um convite',
    uses: 'Quantos dispositivos ele deixa entrar',
    role: 'O que são',
    roles: { node: 'Dispositivos da sala de aula', laptop: 'Notebooks que também vão embora' },
    makeIt: 'Fazer',
    made: 'O convite novo',
    secret: 'Guarde-o para si: quem o tiver pode trazer um dispositivo. Ele aparece aqui por vinte minutos.',
    letsIn: plural('pt', {
      one: 'Deixa entrar # dispositivo.',
      other: 'Deixa entrar # dispositivos.',
      many: 'Deixa entrar # de dispositivos.'
    }),
    code: 'O convite como código QR',
    onDevice: 'Num dispositivo que já tem Joinery',
    text: 'Só o convite',
    line: 'Num Pi ou computador com Linux que ainda não tem nada',
    lineExplain: 'Cole lá esta linha. Ela busca o programa neste dispositivo, compara com o hash e entra na sala.',
    noLine:
      'Este dispositivo não pode entregar o seu programa, ou não tem um endereço que outros alcancem: `joinery invite --line` diz mais.',
    noted: 'Já tenho: esconder',
    open: 'Convites abertos',
    none: 'Não há nenhum.',
    left: plural('pt', {
      one: 'deixa entrar mais # dispositivo',
      other: 'deixa entrar mais # dispositivos',
      many: 'deixa entrar mais # de dispositivos'
    }),
    by: (device) => `feito em ${device}`,
    usedBy: (devices) => `entraram com ele: ${devices}`,
    revoke: 'Retirar',
    revokeExplain: 'Os dispositivos que entraram com um convite ficam quando ele é retirado.'
  }
}

export function invitationTextsIn(language: Language): InvitationTexts {
  return ALL[language]
}
