import { plural } from '../../texts/plural.ts'
import type { RoomTexts } from '../texts.ts'

export const en: RoomTexts = {
  live: 'Live',
  notLive: 'Not connected just now: this is how it was a moment ago.',
  warnings: {
    title: 'To look at',
    allWell: 'All is well.',
    of: ({ code, device = '', person = '', collection = '', count = 0 }) => {
      switch (code) {
        case 'UNREACHABLE':
          return {
            text: `No device can reach ${device}.`,
            next: 'Check its power and its cable or Wi-Fi. If it is gone for good, remove it.'
          }
        case 'UNDER_VOLTAGE':
          return {
            text: `${device} gets too little power.`,
            next: 'Use its own power supply and a short cable, and take other things off its USB.'
          }
        case 'TOO_HOT':
          return {
            text: `${device} is too hot and slows down.`,
            next: 'Give it air: take it out of its box, away from the sun.'
          }
        case 'DISK_NEARLY_FULL':
          return {
            text: `The disk of ${device} is nearly full.`,
            next: 'Use a bigger card, or take out what nobody needs.'
          }
        case 'DISK_FAILED':
          return {
            text: `The disk of ${device} failed to store something.`,
            next: 'Start it again; if it happens again, replace its card.'
          }
        case 'CLOCK_WRONG':
          return {
            text: `The clock of ${device} is not set.`,
            next: 'Nothing breaks. Set the clock of the room below.'
          }
        case 'CLOCK_DIFFERS':
          return {
            text: `${device} shows another time than this device.`,
            next: 'Nothing breaks. Set the clock of the room below.'
          }
        case 'MULTICAST_BLOCKED':
          return {
            text: `The network of ${device} blocks the way devices find each other (mDNS).`,
            next: 'Those that know each other go on. Start a new one with `--static ADDRESS`, or join it with an invitation.'
          }
        case 'CLIENT_ISOLATION':
          return {
            text: `The network of ${device} keeps devices apart (client isolation).`,
            next: 'Switch that off in the router, or connect the devices by cable.'
          }
        case 'FIREWALL_HERE':
        case 'FIREWALL_THERE':
          return {
            text: `A firewall is in the way of ${device}.`,
            next: 'Allow Joinery through the firewall; `joinery doctor` there names the port.'
          }
        case 'NO_NETWORK':
          return { text: `${device} has no network.`, next: 'Plug in a cable or join a Wi-Fi.' }
        case 'CARD_COPIED':
          return {
            text: `The card of ${device} was copied: two devices have its key.`,
            next: 'Switch the copy off and delete its data folder.'
          }
        case 'CODE_RECOVERED':
          return {
            text: `The code of ${person} was renewed from the card of ${device}.`,
            next: `If that was you: take another code on your account page, since this one stands on the card. If that was not you: say on the page of the device that it was stolen, and give ${person} a new code.`
          }
        case 'UPDATE_NEEDED':
          return {
            text: `${device} needs an update.`,
            next: 'Until then it serves, but lets nobody in and deletes nothing.'
          }
        case 'RADIO_FULL':
          return {
            text: `The Wi-Fi of ${device} takes no more people.`,
            next: 'Let newcomers join another device, or add one.'
          }
        case 'REPOSITORY_UNTIDY':
          return {
            text: `A repository on ${device} cannot be tidied.`,
            next: 'It works, but takes more of the disk with each push. `joinery doctor` there names it.'
          }
        case 'VERSIONS_DIFFER':
          return {
            text: 'Devices run different versions of the program.',
            next: 'They work together. Update them when the class is over.'
          }
        case 'ONE_COPY':
          return {
            text: `${filesOf(count)} of ${collection} are on one device only.`,
            next: 'Wait until they are copied before you unplug anything.'
          }
        case 'ONE_DEVICE':
          return {
            text: 'Everything is on one device only.',
            next: 'Add a second device: then nothing is lost when one breaks.'
          }
        default:
          return { text: `Something is wrong with ${device} (${code}).`, next: 'Run `joinery doctor` on it.' }
      }
    }
  },
  signals: {
    title: 'Who needs help',
    counts: (red, hands, green, learners) =>
      `${red} need help · ${hands} hands up · ${green} done · ${learners} learners`,
    none: 'Nobody shows a sticky or a hand.',
    red: 'needs help',
    green: 'done',
    hand: 'hand up',
    since: (time) => `for ${time}`,
    allDown: 'All down',
    allDownExplain: 'Takes all stickies and hands down, on every device.'
  },
  map: {
    title: 'Who sees whom',
    explain: 'Lines are connections: thick = fast, dashed = slow.',
    summary: (devices, links) => `${devices} devices, ${links} connections`,
    link: (a, b, speed) => `${a} – ${b}${speed === '' ? '' : `: ${speed}`}`,
    roundTrip: (ms) => `${ms} ms`
  },
  figures: {
    more: 'More',
    board: 'Board',
    version: 'Version',
    uptime: 'Running for',
    load: 'Load',
    memory: 'Memory',
    free: (free, all) => `${free} of ${all} free`,
    temperature: 'Temperature',
    clients: 'On its Wi-Fi',
    ofMost: (now, most) => `${now} of ${most}`,
    sees: 'Sees',
    nobody: 'nobody',
    rate: (size) => `${size} a second`,
    noFigures: 'It has not said how it is.',
    hour: 'Last hour',
    hourLoad: 'Load',
    hourMemory: 'Memory',
    hourSent: 'Served',
    now: 'now',
    hourAgo: 'an hour ago',
    most: (value) => `most: ${value}`,
    values: 'Values of the last hour',
    when: 'Minutes ago',
    andMore: (wanted, more) => `${wanted} of its files, and ${more} more`
  },
  collections: {
    title: 'Collections and their copies',
    explain: 'Which device holds how much. A file with one copy only is lost when its device is.',
    name: 'Collection',
    size: 'Size',
    files: plural('en', { one: '# file', other: '# files' }),
    copies: 'Copies',
    fewest: plural('en', { one: 'at least # copy', other: 'at least # copies' }),
    single: plural('en', { one: '# file with one copy only', other: '# files with one copy only' }),
    where: 'Where',
    all: 'all',
    versions: 'Versions'
  },
  clock: {
    title: 'Clock of the room',
    shows: (time) => `The room shows ${time}.`,
    explain:
      'Devices without a battery forget the time. This computer can tell them; the clock only goes forwards, and nothing but the dates that are shown depends on it.',
    isSet: 'Set from a computer.',
    isNotSet: 'Not set yet.',
    set: 'Set it to the time of this computer',
    setByHand: 'Time (UTC), as 2026-11-24 13:30',
    notForward: 'The room’s clock is later already. Check the clock of this computer.',
    wrong: 'That is not a time.'
  },
  actions: {
    title: 'Change this device',
    name: 'Name',
    rename: 'Rename',
    moveOff: 'Move its files off',
    moveOffExplain: 'The others copy what it holds. When it says that it is safe, unplug it.',
    keep: 'Keep using it',
    remove: 'Remove from the room',
    removeExplain: 'It can come back only as a new device. What it wrote stays.',
    stolen: 'It was stolen',
    stolenExplain: 'Removes it, makes new keys, and takes back the invitations that it knew.',
    confirm: (name) => `Type ${name} to confirm`,
    notConfirmed: 'The name was not the same: nothing was changed.',
    approve: 'The codes are the same: let it in',
    decline: 'They differ: turn it away',
    done: 'Done.'
  },
  content: {
    title: 'Add content',
    explain: 'A file or a ZIP of a folder. What it is, is seen from what is in it.',
    file: 'File',
    collection: 'Put it into',
    auto: 'Let Joinery decide',
    unpack: 'It is a ZIP file: add what is inside',
    upload: 'Add',
    running: 'Adding…',
    sticks: 'Sticks that are plugged in',
    addStick: 'Add what is on it',
    folders: 'Folders on this device',
    addFolder: 'Add this folder',
    foldersProblem: (code) =>
      `The folder for workshops cannot be looked into (${code}). Whoever looks after this device lets the program read it, or names another one in the settings (workshopFolder).`,
    added: 'Added:',
    refused: plural('en', { one: '# file was left out', other: '# files were left out' }),
    failed: 'It did not work:',
    versionsOf: (name) => `Versions of ${name}`,
    version: 'Version',
    from: 'Made on',
    current: 'now',
    rollback: 'Go back to this',
    back: 'Back to the room'
  },
  ready: {
    title: 'Ready for class?',
    explain: 'Tries everything as a learner would, through every device: pip, R, a lesson, a note, git.',
    start: 'Check now',
    running: 'Checking… This page follows by itself.',
    none: 'Not checked since this device was started.',
    good: 'Ready: everything worked through every device.',
    bad: 'Not everything worked.',
    device: 'Device',
    steps: { pip: 'pip', r: 'R', lesson: 'Lesson', note: 'Note', git: 'git' },
    ok: 'works',
    failed: 'does not work',
    missing: 'nothing here to try',
    print: 'Print this page for your notes.'
  },
  agoMinutes: plural('en', { one: '# minute', other: '# minutes' })
}

function filesOf(count: number): string {
  return count === 1 ? '1 file' : `${count} files`
}
