/**
 * The dashboard of sixty devices, all changing, on a phone: Chromium with a processor four times slower and a line of 1.6 Mbit/s and 150 ms.
 * Goals: first view below 80 KB, no task over 100 ms. Prints what it measured; run it on a quiet machine.
 *
 *     npm run bench -- dashboard [devices] [seconds]
 */
import { launchChromium } from '../browser/page-checks.ts'
import { firstView, startBigRoom } from '../browser/sixty-devices.ts'

const [devices = 60, seconds = 20] = process.argv.slice(2).map(Number)
const room = await startBigRoom(devices)
const browser = await launchChromium()
try {
  for (let run = 0; run < 3; run++) {
    const { bytes, loadedMs, longestTasksMs } = await firstView(browser, room, seconds * 1000)
    console.log(
      `${devices} devices: first view ${(bytes / 1024).toFixed(1)} KB in ${loadedMs} ms; longest tasks while loading and ${seconds} s of following, in processor time: ${longestTasksMs.join(', ')} ms`
    )
  }
} finally {
  await browser.close()
  await room.door.frontDoor.stop()
}
