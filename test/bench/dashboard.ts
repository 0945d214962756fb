/**
 * The dashboard of sixty devices, all changing, on a phone: Chromium with a processor four times slower, on a line of 1.6 Mbit/s where a request takes
 * 150 ms more, and once more on Chromium's own "Slow 4G", where it takes 562.5 ms more.
 * Goals: first view below 80 KB and 1 s, no task over 100 ms. Prints what it measured; run it on a quiet machine.
 *
 *     npm run bench -- dashboard [devices] [seconds]
 */
import { launchChromium } from '../browser/page-checks.ts'
import { firstView, SLOW_4G, SLOW_PHONE, startBigRoom } from '../browser/sixty-devices.ts'

const RUNS = 3

const [devices = 60, seconds = 20] = process.argv.slice(2).map(Number)
const room = await startBigRoom(devices)
const browser = await launchChromium()
try {
  for (let run = 0; run < RUNS; run++) {
    for (const profile of [SLOW_PHONE, SLOW_4G]) {
      const { bytes, loadedMs, paintedMs, largestMs, longestTasksMs } = await firstView(
        ...([browser, room, seconds * 1000, profile] as const)
      )
      console.log(
        `${devices} devices, ${profile.name}: ${(bytes / 1024).toFixed(1)} KB; painted after ${paintedMs} ms, its largest part after ${largestMs} ms, loaded with scripts after ${loadedMs} ms; longest tasks while loading and ${seconds} s of following, in processor time: ${longestTasksMs.join(', ')} ms`
      )
    }
  }
} finally {
  await browser.close()
  await room.door.frontDoor.stop()
}
