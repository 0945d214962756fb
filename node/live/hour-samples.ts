/** The last hour of this device, one sample a minute: three times sixty bytes. */
import { HOUR_SAMPLES, type HourReport } from '../../protocols/device-report.ts'
import type { Clock } from '../platform/clock.ts'
import { SAMPLE_INTERVAL_MS } from './limits.ts'

export interface SampledFigures {
  loadPercent: number
  memoryBytes: number
  memoryFreeBytes: number
  sentBytes: number
}

/** A kilobyte a second is 80, a megabyte 160, a gigabyte 240. */
const STEPS_PER_DOUBLING = 8

export class HourSamples {
  readonly #clock: Clock
  readonly #read: () => Promise<SampledFigures>
  readonly #load: number[] = []
  readonly #memory: number[] = []
  readonly #sent: number[] = []
  #last: { sentBytes: number; atMs: number } | undefined
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(components: { clock: Clock; read: () => Promise<SampledFigures> }) {
    this.#clock = components.clock
    this.#read = components.read
  }

  start(): void {
    this.#sample().catch(() => undefined)
  }

  hour(): HourReport {
    return {
      load: Uint8Array.from(this.#load),
      memory: Uint8Array.from(this.#memory),
      sent: Uint8Array.from(this.#sent)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** A sample that cannot be read is left out: the next one comes. */
  async #sample(): Promise<void> {
    try {
      const { loadPercent, memoryBytes, memoryFreeBytes, sentBytes } = await this.#read()
      const atMs = this.#clock.monotonicMs()
      const last = this.#last
      this.#last = { sentBytes, atMs }
      if (last) {
        keep(this.#load, loadPercent)
        keep(this.#memory, memoryBytes > 0 ? (100 * (memoryBytes - memoryFreeBytes)) / memoryBytes : 0)
        const perSecond = (Math.max(0, sentBytes - last.sentBytes) * 1000) / Math.max(1, atMs - last.atMs)
        keep(this.#sent, STEPS_PER_DOUBLING * Math.log2(1 + perSecond))
      }
    } finally {
      if (!this.#stopped) this.#cancel = this.#clock.after(SAMPLE_INTERVAL_MS, () => this.start())
    }
  }
}

function keep(samples: number[], value: number): void {
  samples.push(Math.min(255, Math.max(0, Math.round(value))))
  if (samples.length > HOUR_SAMPLES) samples.shift()
}
