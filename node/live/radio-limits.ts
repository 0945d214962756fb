/** How many clients the radio of a board takes: its firmware decides, and nothing on the device tells it. */

/** Standard firmware; with the `minimal` firmware of the 43455 it is 19. Sources: raspberrypi/firmware#1403, home-assistant/operating-system#3502, iiab. */
const RADIOS: readonly (readonly [board: RegExp, clients: number])[] = [
  [/^Raspberry Pi (?:3 Model (?:A|B) Plus|4|5|Compute Module (?:3 Plus|4|5)|500)/, 7],
  [/^Raspberry Pi 3 Model B(?! Plus)/, 10],
  [/^Raspberry Pi Zero 2/, 8]
]

/** @returns undefined for boards that are not in the list */
export function radioLimit(board: string): number | undefined {
  return RADIOS.find(([pattern]) => pattern.test(board))?.[1]
}
