/** Figures for Prometheus, in its text format 0.0.4; a few dozen need no library. */
import type { DeviceReport } from '../../protocols/device-report.ts'
import type { RoomOverview } from '../../protocols/room-overview.ts'

export interface Figures {
  overview: RoomOverview
  uptimeMs: number
  openConnections: number
  refusedConnections: number
  requests: number
  /** Pages that follow the room or their sticky. */
  eventStreams?: number
  /** What this device says of itself; absent outside of a room. */
  report?: DeviceReport
  signals?: { green: number; red: number; hands: number }
}

type Labels = Readonly<Record<string, string>>
type Sample = readonly [value: number, labels?: Labels]

export function renderMetrics(figures: Figures): string {
  const { devices, waiting } = figures.overview
  const own = devices.find((device) => device.self)
  return [
    metric('joinery_uptime_seconds', 'gauge', 'Since the program started.', figures.uptimeMs / 1000),
    metric('joinery_http_requests_total', 'counter', 'Requests that reached the front door.', figures.requests),
    metric('joinery_http_connections', 'gauge', 'Open connections of visitors.', figures.openConnections),
    metric(
      'joinery_http_refused_connections_total',
      'counter',
      'Over the limit of one address.',
      figures.refusedConnections
    ),
    metric('joinery_event_streams', 'gauge', 'Pages that follow the room.', figures.eventStreams ?? 0),
    metric('joinery_devices', 'gauge', 'Devices in the room.', devices.length),
    metric(
      'joinery_devices_connected',
      'gauge',
      'Of these, linked now.',
      devices.filter((one) => one.connected).length
    ),
    metric('joinery_devices_waiting', 'gauge', 'Devices that ask to be let in.', waiting.length),
    metric('joinery_files_held', 'gauge', 'Files on this device.', own?.heldFiles ?? 0),
    metric('joinery_files_wanted', 'gauge', 'Files that this device should hold.', own?.wantedFiles ?? 0),
    metric('joinery_missing_bytes', 'gauge', 'Still to be copied to this device.', own?.missingBytes ?? 0),
    metric('joinery_used_bytes', 'gauge', 'Of the disk that this device offers.', own?.usedBytes ?? 0),
    metric(
      'joinery_safe_to_unplug',
      'gauge',
      '1 when nothing would be missed without this device.',
      own?.safeToUnplug ? 1 : 0
    ),
    ...(figures.signals ? signalMetrics(figures.signals) : []),
    ...(figures.report ? deviceMetrics(figures.report, new Map(devices.map(({ id, name }) => [id, name]))) : [])
  ].join('')
}

function signalMetrics({ green, red, hands }: NonNullable<Figures['signals']>): string[] {
  return [
    family('joinery_stickies', 'gauge', 'Stickies that are up in the room.', [
      [green, { colour: 'green' }],
      [red, { colour: 'red' }]
    ]),
    metric('joinery_raised_hands', 'gauge', 'Hands that are up in the room.', hands)
  ]
}

function deviceMetrics(report: DeviceReport, names: ReadonlyMap<string, string>): string[] {
  const { temperatureC, clients, links } = report
  return [
    metric('joinery_load_ratio', 'gauge', 'Load of the last minute over all cores.', report.loadPercent / 100),
    metric('joinery_memory_bytes', 'gauge', 'Memory of this device.', report.memoryBytes),
    metric('joinery_memory_free_bytes', 'gauge', 'What programs could still get.', report.memoryFreeBytes),
    metric('joinery_disk_bytes', 'gauge', 'The disk with the data.', report.diskBytes),
    metric('joinery_disk_free_bytes', 'gauge', 'What may still be written.', report.diskFreeBytes),
    ...(temperatureC === undefined
      ? []
      : [metric('joinery_temperature_celsius', 'gauge', 'The hottest part.', temperatureC)]),
    ...(clients ? [metric('joinery_wifi_clients', 'gauge', 'People on its own Wi-Fi.', clients.now)] : []),
    ...(clients?.most === undefined
      ? []
      : [metric('joinery_wifi_clients_most', 'gauge', 'How many its radio takes.', clients.most)]),
    metric('joinery_copy_bytes_per_second', 'gauge', 'Comes in from other devices.', report.bytesPerSecond),
    family(
      'joinery_link_round_trip_seconds',
      'gauge',
      'There and back to another device, while somebody looks at the room.',
      links.flatMap(({ node, roundTripMs }): Sample[] =>
        // A name may change, and two devices may have the same: two samples with the same labels and Prometheus refuses all figures.
        roundTripMs === undefined ? [] : [[roundTripMs / 1000, { node, device: names.get(node) ?? node.slice(-8) }]]
      )
    ),
    family(
      'joinery_collection_files_held',
      'gauge',
      'Files of a collection on this device.',
      report.collections.map(({ name, heldFiles }): Sample => [heldFiles, { collection: name }])
    ),
    family(
      'joinery_warning',
      'gauge',
      '1 for each thing that a person should look at.',
      report.warnings.map((code): Sample => [1, { code }])
    )
  ]
}

function metric(name: string, type: 'gauge' | 'counter', help: string, value: number): string {
  return family(name, type, help, [[value]])
}

function family(name: string, type: 'gauge' | 'counter', help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const lines = samples.map(([value, labels]) => `${name}${labelText(labels)} ${Number.isFinite(value) ? value : 0}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

/** Names of devices are text of people. */
function labelText(labels: Labels | undefined): string {
  if (!labels) return ''
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  )
  return `{${parts.join(',')}}`
}
