import type { Texts } from '../texts.ts'
import { plural } from './plural.ts'

export const es: Texts = {
  skip: 'Saltar al contenido',
  noRoom: 'Dispositivo nuevo',
  product: 'Joinery',
  tagline: 'Todo para esta clase, sin internet.',
  language: 'Idioma',
  navigation: 'En esta página',
  mainLinks: 'Enlaces principales',
  account: {
    signIn: 'Entrar',
    signUp: 'Registrarse',
    yours: 'tu cuenta',
    people: 'Personas y sus códigos',
    mustChoose: 'Elige otro nombre, por favor',
    mustChooseExplain: (name) =>
      `Al mismo tiempo otra persona se registró con tu nombre en otro dispositivo. No se ha perdido nada tuyo; por ahora te llamas ${name}.`,
    chooseName: 'Elegir un nombre'
  },
  join: {
    title: 'Participa con tu nombre',
    explain: 'Basta un nombre, sin correo. Recibes un código para volver y un lugar para tus repositorios.',
    signUp: 'Registrarse',
    signIn: 'Ya tengo un código'
  },
  repositories: {
    title: 'Repositorios',
    explain: 'Sube tu trabajo con git y míralo aquí, como en GitHub.',
    open: 'Tus repositorios',
    all: 'Todos los repositorios'
  },
  copy: 'Copiar',
  copied: 'Copiado',
  address: {
    title: 'Abrir esta sala',
    explain: 'Conéctate a la misma wifi y escribe esta dirección, o apunta la cámara al código.',
    qr: (address) => `Código QR de ${address}`,
    also: 'También en',
    onlyHere: 'Este dispositivo aún no tiene red: la dirección solo funciona en él.'
  },
  notes: {
    title: 'Notas compartidas',
    explain: 'Escribid a la vez, en la misma página. Lo que se escribe queda guardado en varios dispositivos.',
    open: 'Abrir las notas'
  },
  lessons: {
    title: 'Lecciones',
    explain: 'Copias completas: las imágenes, los datos y los enlaces funcionan aquí.',
    count: plural('es', { one: '# lección', other: '# lecciones' })
  },
  python: {
    title: 'Paquetes de Python',
    explain: 'Pega esto en una terminal. Escribe al final el paquete que necesitas.',
    count: plural('es', { one: '# paquete de Python', other: '# paquetes de Python' }),
    which: '¿Qué paquetes hay?',
    example: 'PAQUETE'
  },
  r: {
    title: 'Paquetes de R',
    explain: 'Pega esto en R. Escribe el paquete que necesitas entre las primeras comillas.',
    count: plural('es', { one: '# paquete de R', other: '# paquetes de R' }),
    which: '¿Qué paquetes hay?'
  },
  installers: {
    title: 'Programas para instalar',
    explain: 'Descarga el archivo y ábrelo. Lo que sirve para tu equipo aparece primero.',
    count: plural('es', { one: '# programa', other: '# programas' }),
    yours: 'tu equipo',
    systems: { windows: 'Windows', macos: 'macOS', linux: 'Linux', other: 'Otros sistemas' }
  },
  more: plural('es', { one: 'y # más', other: 'y # más' }),
  empty: {
    title: 'Aún no hay nada aquí',
    explain: 'La sala está lista. En cuanto se traiga la carpeta del taller, aparecerá en esta página.',
    how: 'Para quien facilita: en este dispositivo, escribe'
  },
  asking: {
    title: 'Este dispositivo pide entrar',
    explain: 'Quien facilita la sala compara este código con el del otro dispositivo y lo aprueba allí.',
    several:
      'Cada dispositivo de la sala tiene su propio código. Quien facilita la sala compara el del dispositivo que tiene delante con estos y lo aprueba allí.',
    code: 'Código',
    wait: 'Buscando una sala cercana…'
  },
  devicesServe: plural('es', { one: '# dispositivo sirve esta sala', other: '# dispositivos sirven esta sala' }),
  facilitatorPage: 'Dispositivos y copias',
  firstPage: 'Qué hay aquí',
  devices: {
    title: 'Dispositivos',
    explain: 'Cada dispositivo guarda copias de los archivos. Desconecta uno solo cuando diga que es seguro.',
    thisDevice: 'este dispositivo',
    roles: { node: 'Dispositivo del aula', laptop: 'Portátil', cloud: 'Nube' },
    connected: 'Conectado',
    away: 'Ausente',
    disk: 'Disco',
    diskUsed: (used, capacity) => `${used} de ${capacity}`,
    copies: 'Copias',
    copiesHeld: (held, wanted) => `${held} de ${wanted} archivos`,
    copying: (size) => `faltan ${size} por copiar`,
    remaining: (time) => `tiempo restante: cerca de ${time}`,
    complete: 'Todo copiado',
    safe: 'Se puede desconectar',
    notSafe: 'No desconectar todavía',
    leaving: 'Pasando sus archivos a otros',
    needsUpdate: 'Necesita una actualización',
    open: 'Abrir su página'
  },
  waiting: {
    title: 'Esperan para entrar',
    explain: 'Compara el código con el que muestra el otro dispositivo. Solo si son iguales, escribe la línea.',
    code: 'Código',
    noCode: 'Esperando su código…',
    approve: 'Para dejarlo entrar'
  },
  wanted: {
    csv: 'Como tabla (CSV)',
    json: 'Como JSON',
    title: 'Pedido y no está aquí',
    explain: 'Tráigalo la próxima vez: alguien quiso instalarlo.',
    times: plural('es', { one: '# vez', other: '# veces' })
  },
  neighbours: {
    title: 'Otras salas cercanas',
    explain: 'Están en la misma red y se mantienen separadas de esta.',
    unnamed: 'Sala sin nombre',
    devices: plural('es', { one: '# dispositivo', other: '# dispositivos' })
  },
  turn: {
    title: 'Su descarga espera su turno',
    next: 'Es la siguiente.',
    before: plural('es', { one: 'Hay # descarga antes.', other: 'Hay # descargas antes.' }),
    soon: 'Falta menos de un minuto.',
    minutes: plural('es', { one: 'Falta # minuto, más o menos.', other: 'Faltan unos # minutos.' }),
    explain:
      'Otras personas están descargando ahora. Deje esta página abierta: la descarga empieza sola y conserva su lugar.'
  },
  errorTitle: (status) =>
    status === 404
      ? 'Esto no está en la sala'
      : status === 421
        ? 'Este dispositivo tiene otra dirección'
        : status === 503 || status === 504
          ? 'El dispositivo está ocupado'
          : status >= 500
            ? 'Algo falló en este dispositivo'
            : 'No se entiende esta petición',
  errorNext: (status) =>
    status === 404
      ? 'Mira en la primera página qué hay, o pide que lo añadan.'
      : status === 421
        ? 'Escribe la dirección, con sus números, que te muestren en clase.'
        : status >= 500
          ? 'Espera un momento y prueba otra vez. Si sigue igual, avisa en clase.'
          : 'Vuelve a la primera página y sigue un enlace desde allí.'
}
