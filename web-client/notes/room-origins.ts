/** The other devices of the room, asked of whichever answers. */
import { loadOrigins, saveOrigins } from './browser-store.ts'
import { isRecord } from './people.ts'

const REFRESH_MS = 60_000

export class RoomOrigins {
  #others: string[] = loadOrigins()
  #timer: ReturnType<typeof setInterval> | undefined
  readonly #own: string

  constructor(own: string) {
    this.#own = own
    void this.#refresh()
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS)
  }

  /** The page's own first. */
  all(): string[] {
    return [this.#own, ...this.#others.filter((origin) => origin !== this.#own)]
  }

  async #refresh(): Promise<void> {
    try {
      const response = await fetch('/api/room')
      if (!response.ok) return
      this.#others = readOrigins(await response.json())
      saveOrigins(this.#others)
    } catch {
      // The device is away: what was known stays.
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** @param overview `RoomOverview` of protocols/room-overview.ts, as an older or newer device may send it */
export function readOrigins(overview: unknown): string[] {
  const devices = isRecord(overview) && Array.isArray(overview.devices) ? overview.devices : []
  const origins = new Set<string>()
  for (const device of devices) {
    if (!isRecord(device) || typeof device.address !== 'string') continue
    const url = URL.canParse(device.address) ? new URL(device.address) : undefined
    if (url?.protocol === 'http:' || url?.protocol === 'https:') origins.add(url.origin)
  }
  return [...origins]
}
