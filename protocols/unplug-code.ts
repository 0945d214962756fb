/** Why a device cannot be unplugged: a code for pages, which have their own words for it, and a sentence for the command line. */
export const UNPLUG_REASONS = {
  'not-connected': 'It is not connected.',
  'only-here': 'Some files are on this device only.',
  'room-unknown': 'This device does not know yet what the room holds.'
} as const

export type UnplugCode = keyof typeof UNPLUG_REASONS
