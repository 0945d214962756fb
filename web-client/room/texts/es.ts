import { plural } from '../../texts/plural.ts'
import type { RoomTexts } from '../texts.ts'

export const es: RoomTexts = {
  live: 'En vivo',
  notLive: 'Sin conexión en este momento: así estaba hace un instante.',
  warnings: {
    title: 'Para revisar',
    allWell: 'Todo está bien.',
    of: ({ code, device = '', person = '', collection = '', count = 0 }) => {
      switch (code) {
        case 'UNREACHABLE':
          return {
            text: `Ningún dispositivo alcanza a ${device}.`,
            next: 'Revisa su corriente y su cable o wifi. Si ya no volverá, retíralo.'
          }
        case 'UNDER_VOLTAGE':
          return {
            text: `${device} recibe poca corriente.`,
            next: 'Usa su propia fuente y un cable corto, y desconecta otras cosas de su USB.'
          }
        case 'TOO_HOT':
          return {
            text: `${device} está demasiado caliente y va más lento.`,
            next: 'Dale aire: sácalo de la caja y del sol.'
          }
        case 'DISK_NEARLY_FULL':
          return {
            text: `El disco de ${device} está casi lleno.`,
            next: 'Usa una tarjeta más grande o quita lo que nadie necesita.'
          }
        case 'DISK_FAILED':
          return {
            text: `El disco de ${device} no pudo guardar algo.`,
            next: 'Reinícialo; si vuelve a pasar, cambia la tarjeta.'
          }
        case 'CLOCK_WRONG':
          return {
            text: `El reloj de ${device} no está puesto.`,
            next: 'No se rompe nada. Pon el reloj de la sala más abajo.'
          }
        case 'CLOCK_DIFFERS':
          return {
            text: `${device} muestra otra hora que este dispositivo.`,
            next: 'No se rompe nada. Pon el reloj de la sala más abajo.'
          }
        case 'MULTICAST_BLOCKED':
          return {
            text: `La red de ${device} impide que los dispositivos se encuentren (mDNS).`,
            next: 'Los que se conocen siguen. Inicia uno nuevo con `--static DIRECCIÓN` o únelo con una invitación.'
          }
        case 'CLIENT_ISOLATION':
          return {
            text: `La red de ${device} separa a los dispositivos (aislamiento de clientes).`,
            next: 'Desactívalo en el rúter o une los dispositivos por cable.'
          }
        case 'FIREWALL_HERE':
        case 'FIREWALL_THERE':
          return {
            text: `Un cortafuegos estorba a ${device}.`,
            next: 'Permite Joinery en el cortafuegos; `joinery doctor` dice qué puerto.'
          }
        case 'NO_NETWORK':
          return { text: `${device} no tiene red.`, next: 'Conecta un cable o únelo a un wifi.' }
        case 'CARD_COPIED':
          return {
            text: `La tarjeta de ${device} fue copiada: dos dispositivos tienen su clave.`,
            next: 'Apaga la copia y borra su carpeta de datos.'
          }
        case 'CODE_RECOVERED':
          return {
            text: `El código de ${person} se renovó desde la tarjeta de ${device}.`,
            next: `Si fuiste tú: pide otro código en la página de tu cuenta, porque este está escrito en la tarjeta. Si no fuiste tú: di en la página del dispositivo que fue robado y da a ${person} un código nuevo.`
          }
        case 'UPDATE_NEEDED':
          return {
            text: `${device} necesita una actualización.`,
            next: 'Mientras tanto sirve, pero no admite a nadie ni borra nada.'
          }
        case 'RADIO_FULL':
          return {
            text: `El wifi de ${device} no admite a más personas.`,
            next: 'Que los nuevos usen otro dispositivo, o añade uno.'
          }
        case 'REPOSITORY_UNTIDY':
          return {
            text: `No se puede ordenar un repositorio en ${device}.`,
            next: 'Funciona, pero cada push ocupa más disco. `joinery doctor` en él dice cuál es.'
          }
        case 'VERSIONS_DIFFER':
          return {
            text: 'Los dispositivos tienen versiones distintas del programa.',
            next: 'Funcionan juntos. Actualízalos después de la clase.'
          }
        case 'ONE_COPY':
          return {
            text: `${filesOf(count)} de ${collection} están en un solo dispositivo.`,
            next: 'Espera a que se copien antes de desconectar algo.'
          }
        case 'ONE_DEVICE':
          return { text: 'Todo está en un solo dispositivo.', next: 'Añade otro: así no se pierde nada si uno falla.' }
        default:
          return { text: `Algo va mal en ${device} (${code}).`, next: 'Ejecuta `joinery doctor` en él.' }
      }
    }
  },
  signals: {
    title: 'Quién necesita ayuda',
    counts: (red, hands, green, learners) =>
      `${red} piden ayuda · ${hands} manos levantadas · ${green} listos · ${learners} estudiantes`,
    none: 'Nadie muestra una nota ni la mano.',
    red: 'necesita ayuda',
    green: 'listo',
    hand: 'mano levantada',
    since: (time) => `desde hace ${time}`,
    allDown: 'Bajar todo',
    allDownExplain: 'Quita todas las notas y manos, en todos los dispositivos.'
  },
  map: {
    title: 'Quién ve a quién',
    explain: 'Las líneas son conexiones: gruesa = rápida, discontinua = lenta.',
    summary: (devices, links) => `${devices} dispositivos, ${links} conexiones`,
    link: (a, b, speed) => `${a} – ${b}${speed === '' ? '' : `: ${speed}`}`,
    roundTrip: (ms) => `${ms} ms`
  },
  figures: {
    more: 'Más',
    board: 'Placa',
    version: 'Versión',
    uptime: 'En marcha desde hace',
    load: 'Carga',
    memory: 'Memoria',
    free: (free, all) => `${free} de ${all} libres`,
    temperature: 'Temperatura',
    clients: 'En su wifi',
    ofMost: (now, most) => `${now} de ${most}`,
    sees: 'Ve a',
    nobody: 'nadie',
    rate: (size) => `${size} por segundo`,
    noFigures: 'No ha dicho cómo está.',
    hour: 'Última hora',
    hourLoad: 'Carga',
    hourMemory: 'Memoria',
    hourSent: 'Servido',
    now: 'ahora',
    hourAgo: 'hace una hora',
    most: (value) => `máximo: ${value}`,
    values: 'Valores de la última hora',
    when: 'Hace (min)',
    andMore: (wanted, more) => `${wanted} de sus archivos, y ${more} más`
  },
  collections: {
    title: 'Colecciones y sus copias',
    explain: 'Qué dispositivo guarda cuánto. Un archivo con una sola copia se pierde con su dispositivo.',
    name: 'Colección',
    size: 'Tamaño',
    files: plural('es', { one: '# archivo', other: '# archivos' }),
    copies: 'Copias',
    fewest: plural('es', { one: 'al menos # copia', other: 'al menos # copias' }),
    single: plural('es', { one: '# archivo con una sola copia', other: '# archivos con una sola copia' }),
    where: 'Dónde',
    all: 'todo',
    versions: 'Versiones'
  },
  clock: {
    title: 'Reloj de la sala',
    shows: (time) => `La sala muestra ${time}.`,
    explain:
      'Los dispositivos sin pila olvidan la hora. Este ordenador puede dársela; el reloj solo avanza, y solo dependen de él las fechas que se muestran.',
    isSet: 'Puesto desde un ordenador.',
    isNotSet: 'Aún no está puesto.',
    set: 'Ponerlo a la hora de este ordenador',
    setByHand: 'Hora (UTC), como 2026-11-24 13:30',
    notForward: 'El reloj de la sala ya va por delante. Revisa el reloj de este ordenador.',
    wrong: 'Eso no es una hora.'
  },
  actions: {
    title: 'Cambiar este dispositivo',
    name: 'Nombre',
    rename: 'Cambiar nombre',
    moveOff: 'Sacar sus archivos',
    moveOffExplain: 'Los demás copian lo que guarda. Cuando diga que es seguro, desconéctalo.',
    keep: 'Seguir usándolo',
    remove: 'Retirar de la sala',
    removeExplain: 'Solo puede volver como dispositivo nuevo. Lo que escribió se queda.',
    stolen: 'Fue robado',
    stolenExplain: 'Lo retira, crea claves nuevas y anula las invitaciones que conocía.',
    confirm: (name) => `Escribe ${name} para confirmar`,
    notConfirmed: 'El nombre no coincide: no se cambió nada.',
    approve: 'Los códigos coinciden: dejarlo entrar',
    decline: 'Son distintos: rechazarlo',
    done: 'Hecho.'
  },
  content: {
    title: 'Añadir contenido',
    explain: 'Un archivo o un ZIP de una carpeta. Qué es se ve por lo que contiene.',
    file: 'Archivo',
    collection: 'Ponerlo en',
    auto: 'Que decida Joinery',
    unpack: 'Es un archivo ZIP: añadir lo que contiene',
    upload: 'Añadir',
    running: 'Añadiendo…',
    sticks: 'Memorias USB conectadas',
    addStick: 'Añadir lo que contiene',
    folders: 'Carpetas de este dispositivo',
    addFolder: 'Añadir esta carpeta',
    foldersProblem: (code) =>
      `No se puede mirar dentro de la carpeta de talleres (${code}). Quien cuida este dispositivo debe permitir que el programa la lea, o indicar otra en los ajustes (workshopFolder).`,
    added: 'Añadido:',
    refused: plural('es', { one: '# archivo quedó fuera', other: '# archivos quedaron fuera' }),
    failed: 'No funcionó:',
    versionsOf: (name) => `Versiones de ${name}`,
    version: 'Versión',
    from: 'Hecha en',
    current: 'actual',
    rollback: 'Volver a esta',
    back: 'Volver a la sala'
  },
  ready: {
    title: '¿Listo para la clase?',
    explain: 'Prueba todo como lo haría un estudiante, por cada dispositivo: pip, R, una lección, una nota, git.',
    start: 'Comprobar ahora',
    running: 'Comprobando… Esta página se actualiza sola.',
    none: 'No se ha comprobado desde que se inició este dispositivo.',
    good: 'Listo: todo funcionó por cada dispositivo.',
    bad: 'No todo funcionó.',
    device: 'Dispositivo',
    steps: { pip: 'pip', r: 'R', lesson: 'Lección', note: 'Nota', git: 'git' },
    ok: 'funciona',
    failed: 'no funciona',
    missing: 'no hay nada que probar',
    print: 'Imprime esta página para tus notas.'
  },
  agoMinutes: plural('es', { one: '# minuto', other: '# minutos' })
}

function filesOf(count: number): string {
  return count === 1 ? '1 archivo' : `${count} archivos`
}
