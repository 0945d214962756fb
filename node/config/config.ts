/**
 * The settings of one node. They come from, in rising order: what is built in, the TOML file, `JOINERY_*` variables, flags.
 * `settings.ts` describes each key; `load.ts` puts them together.
 */
import type { DeviceRole } from '../../protocols/room-overview.ts'

export interface Config {
  /** Everything this node keeps: keys, journal, files, the local socket. Absolute. */
  dataDirectory: string
  /** Name that people see; by default the host's. */
  name: string
  role: DeviceRole
  /** 0 = any free one; undefined = 80, or 8080 where that is not allowed. */
  httpPort: number | undefined
  /** Address that the front door listens on; `::` is all of them. */
  httpHost: string
  /** libp2p over TCP; WebSockets listen on the next one. 0 = any free ones. */
  meshPort: number
  /** Git over SSH; 0 = none. */
  sshPort: number
  /** Bytes offered for files; undefined = what is free when the room is joined, less a reserve. */
  capacityBytes: number | undefined
  /** Devices to look for that mDNS does not find: multiaddrs, or `host:port` for TCP. */
  staticAddresses: string[]
  /** Own access-point addresses: every device has the same, so they are never told to others. */
  accessPointAddresses: string[]
  /** Names under which the front door may be asked for, beside its addresses and `localhost`. */
  hostNames: string[]
  /** Looking for other devices by mDNS. */
  discovery: boolean
  /** Where missing Python packages are fetched from: a simple index (PEP 503), with a slash at the end. */
  pythonIndex: string
  /** Where missing R packages are fetched from: a mirror of CRAN, with a slash at the end. */
  rMirror: string
  /** Facilitators can add the folders in it from the page. Absolute. */
  workshopFolder: string
  logLevel: LogLevel
}

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
type LogLevel = (typeof LOG_LEVELS)[number]
