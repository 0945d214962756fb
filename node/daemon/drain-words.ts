/** Why a device that is being emptied is not empty yet: in words, for the person who waits. */

export interface DrainState {
  /** Other devices that are connected. */
  connected: number
  /** Files that no other connected device holds. */
  onlyHere: number
  /** Collections whose list of files has not come in yet. */
  unread: readonly string[]
}

export interface DrainReason {
  code: 'NOT_CONNECTED' | 'FILES_ONLY_HERE' | 'LISTS_NOT_READ' | 'RECORD_ONLY_HERE'
  text: string
  next: string
}

/** The first thing that stands in the way; when all files are elsewhere, it is the room's record. */
export function whyNotEmpty({ connected, onlyHere, unread }: DrainState): DrainReason {
  if (connected === 0) {
    return {
      code: 'NOT_CONNECTED',
      text: 'No other device is connected: this goes on once one is.',
      next: 'Switch another device of the room on, near this one.'
    }
  }
  if (onlyHere > 0) {
    return {
      code: 'FILES_ONLY_HERE',
      text: `Nothing has moved for a while, and ${onlyHere === 1 ? 'one file is' : `${onlyHere} files are`} still on this device alone.`,
      next: 'Look at `joinery doctor` on the other devices: their disks may be full, or only laptops may be there, which do not count.'
    }
  }
  if (unread.length > 0) {
    return {
      code: 'LISTS_NOT_READ',
      text: `The list of files of ${unread.join(', ')} has not come in yet: what of it is on this device alone is not known.`,
      next: 'Switch the device on where it was imported last.'
    }
  }
  return {
    code: 'RECORD_ONLY_HERE',
    text: 'All files are elsewhere, but no other device has confirmed what was written on this one last.',
    next: 'Look at `joinery doctor` on the other devices: one of them may be unable to write.'
  }
}
