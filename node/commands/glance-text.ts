/** The room at a glance in a terminal: the same figures and warnings as on its page. */
import { type DeviceGlance, type RoomGlance, warningsOf } from '../../protocols/room-glance.ts'
import { roomTextsIn } from '../../web-client/room/texts.ts'
import { textsIn } from '../../web-client/texts.ts'
import type { CommandContext } from './context.ts'
import { bytesText, durationText, printable, table } from './printable.ts'

type Column = readonly [title: string, of: (device: DeviceGlance) => string]

const COLUMNS: readonly Column[] = [
  ['Device', ({ name, self }) => `${self ? '*' : ' '} ${printable(name)}`],
  ['State', (device) => stateText(device)],
  ['Load', ({ figures }) => (figures ? `${figures.loadPercent} %` : '')],
  ['Memory', ({ figures }) => (figures ? `${bytesText(figures.memoryFreeBytes)} free` : '')],
  ['Disk', ({ figures }) => (figures ? `${bytesText(figures.diskFreeBytes)} free` : '')],
  ['Temp', ({ figures }) => (figures?.temperatureC === undefined ? '' : `${figures.temperatureC} °C`)],
  ['Wi-Fi', ({ figures }) => clientsText(figures?.clients)],
  ['Files', (device) => filesText(device)],
  ['Up', ({ figures }) => (figures ? durationText(figures.uptimeMs) : '')],
  ['Version', ({ figures }) => figures?.version ?? '']
]

export function glanceText(context: CommandContext, glance: RoomGlance): string {
  const { signals } = roomTextsIn('en')
  const { green, red, hands, learners } = glance.signals
  const rows = [COLUMNS.map(([title]) => title), ...glance.devices.map((device) => COLUMNS.map(([, of]) => of(device)))]
  const used = COLUMNS.map((_, at) => at).filter((at) => rows.slice(1).some((row) => row[at] !== ''))
  const [head = '', ...lines] = table(rows.map((row) => used.map((at) => row[at] ?? ''))).split('\n')
  const warnings = warningsOf(glance).map((warning) => {
    const { text, next } = roomTextsIn('en').warnings.of(warning)
    return `${context.style('yellow', '!')} ${printable(text)}\n  ${printable(next)}`
  })
  return [
    `${context.style('bold', printable(glance.room?.name ?? textsIn('en').noRoom))}   ${new Date(glance.timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    signals.counts(red, hands, green, learners),
    '',
    context.style('underline', head),
    ...lines,
    ...(glance.collections.length > 0 ? ['', ...glance.collections.map((one) => collectionText(one))] : []),
    ...(glance.waiting.length > 0
      ? [
          '',
          ...glance.waiting.map(
            ({ name, code }) => `${printable(name)} waits to be let in${code === undefined ? '' : `: ${code}`}`
          )
        ]
      : []),
    ...(warnings.length > 0 ? ['', ...warnings] : [])
  ].join('\n')
}

function stateText({ connected, leaving, safeToUnplug }: DeviceGlance): string {
  if (!connected) return 'away'
  if (leaving) return safeToUnplug ? 'empty' : 'moving off'
  return safeToUnplug ? 'safe to unplug' : 'do not unplug'
}

function clientsText(clients: { now: number; most?: number } | undefined): string {
  if (!clients) return ''
  return clients.most === undefined ? String(clients.now) : `${clients.now} of ${clients.most}`
}

function filesText({ heldFiles, wantedFiles, missingBytes, remainingMs }: DeviceGlance): string {
  const left = missingBytes > 0 ? `, ${bytesText(missingBytes)} to copy` : ''
  return `${heldFiles} of ${wantedFiles}${left}${remainingMs === undefined ? '' : `, ${durationText(remainingMs)} left`}`
}

function collectionText({
  name,
  files,
  sizeBytes,
  fewestCopies,
  singleFiles
}: RoomGlance['collections'][number]): string {
  const said = roomTextsIn('en').collections
  const copies = singleFiles > 0 ? said.single(singleFiles) : said.fewest(fewestCopies)
  return `${printable(name).padEnd(12)} ${said.files(files)}, ${bytesText(sizeBytes)}, ${copies}`
}
