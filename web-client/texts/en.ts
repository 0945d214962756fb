import type { Texts } from '../texts.ts'
import { plural } from './plural.ts'

export const en: Texts = {
  skip: 'Skip to the content',
  noRoom: 'New device',
  product: 'Joinery',
  tagline: 'Everything for this class, without internet.',
  language: 'Language',
  navigation: 'On this page',
  mainLinks: 'Main links',
  account: {
    signIn: 'Sign in',
    signUp: 'Sign up',
    yours: 'your account',
    people: 'People and their codes',
    mustChoose: 'Please choose another name',
    mustChooseExplain: (name) =>
      `At the same time somebody else signed up with your name on another device. Nothing of yours is lost; for now you are called ${name}.`,
    chooseName: 'Choose a name'
  },
  join: {
    title: 'Join with your name',
    explain: 'A name is enough: no e-mail. You get a code to come back with, and a place for your repositories.',
    signUp: 'Sign up',
    signIn: 'I have a code'
  },
  repositories: {
    title: 'Repositories',
    explain: 'Push your work with git and look at it here, as on GitHub.',
    open: 'Your repositories',
    all: 'All repositories'
  },
  copy: 'Copy',
  copied: 'Copied',
  address: {
    title: 'Open this room',
    explain: 'Join the same Wi-Fi, then type this address or point your camera at the code.',
    qr: (address) => `QR code for ${address}`,
    also: 'Also at',
    onlyHere: 'This device has no network yet: the address works on this device only.'
  },
  notes: {
    title: 'Shared notes',
    explain: 'Write together, on the same page. What you type is kept on several devices.',
    open: 'Open the notes'
  },
  lessons: {
    title: 'Lessons',
    explain: 'Complete copies: pictures, data and links work here.',
    count: plural('en', { one: '# lesson', other: '# lessons' })
  },
  python: {
    title: 'Python packages',
    explain: 'Paste this into a terminal. Put the package you need at the end.',
    count: plural('en', { one: '# Python package', other: '# Python packages' }),
    which: 'Which packages are here?',
    example: 'PACKAGE'
  },
  r: {
    title: 'R packages',
    explain: 'Paste this into R. Put the package you need between the first quotes.',
    count: plural('en', { one: '# R package', other: '# R packages' }),
    which: 'Which packages are here?'
  },
  installers: {
    title: 'Programs to install',
    explain: 'Download and open the file. What fits your computer comes first.',
    count: plural('en', { one: '# program', other: '# programs' }),
    yours: 'your computer',
    systems: { windows: 'Windows', macos: 'macOS', linux: 'Linux', other: 'Other systems' }
  },
  more: plural('en', { one: 'and # more', other: 'and # more' }),
  empty: {
    title: 'Nothing is here yet',
    explain: 'This room is ready. As soon as the facilitator brings in the workshop folder, it appears on this page.',
    how: 'For the facilitator: on this device, type'
  },
  asking: {
    title: 'This device asks to be let in',
    explain: 'A facilitator of the room compares this code with the one on the other device and approves it there.',
    several:
      'Each device of the room has a code of its own. A facilitator compares the one on the device in front of them with these and approves it there.',
    code: 'Code',
    wait: 'Looking for a room nearby…'
  },
  devicesServe: plural('en', { one: '# device serves this room', other: '# devices serve this room' }),
  facilitatorPage: 'Devices and copies',
  firstPage: 'What is here',
  devices: {
    title: 'Devices',
    explain: 'Each device holds copies of the files. Unplug one only when it says that it is safe.',
    thisDevice: 'this device',
    roles: { node: 'Classroom device', laptop: 'Laptop', cloud: 'Cloud' },
    connected: 'Connected',
    away: 'Away',
    disk: 'Disk',
    diskUsed: (used, capacity) => `${used} of ${capacity}`,
    copies: 'Copies',
    copiesHeld: (held, wanted) => `${held} of ${wanted} files`,
    copying: (size) => `${size} still to copy`,
    remaining: (time) => `about ${time} left`,
    complete: 'All copied',
    safe: 'Safe to unplug',
    notSafe: 'Do not unplug yet',
    leaving: 'Moving its files off',
    needsUpdate: 'Needs an update',
    open: 'Open its page'
  },
  waiting: {
    title: 'Waiting to be let in',
    explain: 'Compare the code with the one that the other device shows. Only if they are the same, type the line.',
    code: 'Code',
    noCode: 'Waiting for its code…',
    approve: 'To let it in'
  },
  wanted: {
    csv: 'As a table (CSV)',
    json: 'As JSON',
    title: 'Asked for and not here',
    explain: 'Bring these next time: somebody wanted to install them.',
    times: plural('en', { one: '# time', other: '# times' })
  },
  neighbours: {
    title: 'Other rooms nearby',
    explain: 'They are on the same network and stay apart from this one.',
    unnamed: 'Unnamed room',
    devices: plural('en', { one: '# device', other: '# devices' })
  },
  turn: {
    title: 'Your download waits its turn',
    next: 'It is the next one.',
    before: plural('en', { one: '# download comes before it.', other: '# downloads come before it.' }),
    soon: 'Less than a minute to go.',
    minutes: plural('en', { one: 'About # minute to go.', other: 'About # minutes to go.' }),
    explain:
      'Others are downloading right now. Leave this page open: the download begins by itself, and you keep your place.'
  },
  errorTitle: (status) =>
    status === 404
      ? 'This is not in the room'
      : status === 421
        ? 'This device has another address'
        : status === 503 || status === 504
          ? 'The device is busy right now'
          : status >= 500
            ? 'Something went wrong on this device'
            : 'This request is not understood',
  errorNext: (status) =>
    status === 404
      ? 'See what is here on the first page, or ask your facilitator to add it.'
      : status === 421
        ? 'Type the address that your facilitator shows you, with its numbers.'
        : status >= 500
          ? 'Wait a moment and try again. If it goes on, tell your facilitator.'
          : 'Go back to the first page and follow a link from there.'
}
