import type { RoomOverview } from '../../protocols/room-overview.ts'

export interface Figures {
  overview: RoomOverview
  uptimeMs: number
  openConnections: number
  refusedConnections: number
  requests: number
}

/** The text format of Prometheus 0.0.4; ten figures need no library. */
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
    metric('joinery_used_bytes', 'gauge', 'Of the disk that this device offers.', own?.usedBytes ?? 0)
  ].join('')
}

function metric(name: string, type: 'gauge' | 'counter', help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${Number.isFinite(value) ? value : 0}\n`
}
