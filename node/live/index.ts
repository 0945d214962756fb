/** The moment of a room: stickies, hands, how devices are, and the time. Nothing of it is stored but the time that was set. */

export { HourSamples } from './hour-samples.ts'
export { Paces } from './paces.ts'
export { radioLimit } from './radio-limits.ts'
export type { ReportLine } from './report-board.ts'
export { RoomClock } from './room-clock.ts'
export { RoomLive } from './room-live.ts'
export type { ShownSignal, SignalLine } from './signal-board.ts'
