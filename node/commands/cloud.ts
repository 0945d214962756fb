import { type Command, InvalidArgumentError } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import { settingNamed } from '../config/settings.ts'
import type { CloudPeerStatus, CloudRoomStatus } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { bytesText, countText, durationText, printable, table } from './printable.ts'

export function addCloud(program: Command, context: CommandContext): void {
  const cloud = program
    .command('cloud')
    .summary('keep the room at a cloud peer: invite, link, status, budget, unlink, rooms')
    .description(
      'A cloud peer keeps a copy of everything a room made, and hands it to new devices after the workshop.\nIts administrator runs `joinery start --role cloud` and `joinery cloud invite` there; in the room, `joinery cloud link TEXT`.'
    )

  cloud
    .command('invite')
    .summary('on the cloud peer: make a link text for rooms')
    .option('--uses <number>', 'how many rooms it lets in', parseCount, 1)
    .option('--address <address...>', 'where rooms reach this machine: a host name, host:port, or /dns4/…/tls/ws')
    .addHelpText(
      'after',
      `
Example, on a machine that is reached as cloud.example.org:
  joinery cloud invite --uses 5 --address cloud.example.org /dns4/cloud.example.org/tcp/443/tls/ws`
    )
    .action(async (options: { uses: number; address?: string[] }, command: Command) => {
      const made = await context.withOperations(command, { offline: false }, (operations) =>
        operations.cloudInvite({ uses: options.uses, ...(options.address ? { addresses: options.address } : {}) })
      )
      context.show(made, () =>
        context.terminal.outputIsTerminal
          ? `${made.text}\n\nLets in ${countText(made.uses, 'room', 'rooms')}, reached at ${made.addresses.join(', ')}.\nKeep it to yourself. In the room: joinery cloud link TEXT`
          : made.text
      )
    })

  cloud
    .command('link')
    .summary('in the room: keep it at the cloud peer of this text')
    .description(
      'Works without the internet too: the first device of the room that reaches the cloud peer carries it out.\nThe cloud peer may read everything of the room; it cannot let devices in or change people.'
    )
    .argument('<text>', 'from `joinery cloud invite`')
    .option('--bytes <size>', 'most that each device sends and fetches of files, such as "2 GB"', parseSize)
    .option('--minutes <number>', 'most minutes for files', parseCount)
    .action(async (text: string, options: BudgetOptions, command: Command) => {
      const linked = await context.withOperations(command, { offline: true }, (operations) =>
        operations.cloudLink({ text, budgetBytes: options.bytes ?? null, budgetMinutes: options.minutes ?? null })
      )
      context.show(linked, () => `The room is to be linked. ${stateText(linked)}`)
    })

  cloud
    .command('status')
    .summary('what is done and what is left')
    .action(async (_options: object, command: Command) => {
      const clouds = await context.withOperations(command, { offline: true }, (operations) => operations.cloudStatus())
      context.show(clouds, () =>
        clouds.length === 0
          ? 'This room has no cloud peer: `joinery cloud link TEXT`.'
          : clouds.map(statusText).join('\n\n')
      )
    })

  cloud
    .command('budget')
    .summary('how much of the internet may be used for files')
    .description('Without options there is no limit. Notes and commits are sent in any case: they are small.')
    .argument('[cloud]', 'name or id of the cloud peer, when there are several', '')
    .option('--bytes <size>', 'most that each device sends and fetches, such as "2 GB"', parseSize)
    .option('--minutes <number>', 'most minutes', parseCount)
    .option('--again', 'count what is used from nothing again, such as in a new month')
    .action(async (named: string, options: BudgetOptions & { again?: boolean }, command: Command) => {
      const set = await context.withOperations(command, { offline: true }, (operations) =>
        operations.setCloudBudget({
          cloud: named,
          budgetBytes: options.bytes ?? null,
          budgetMinutes: options.minutes ?? null,
          again: options.again === true
        })
      )
      context.show(set, () => `${printable(set.name)}: ${budgetText(set)}`)
    })

  cloud
    .command('unlink')
    .summary('send the cloud peer nothing more')
    .description(
      'What it has, it keeps. `joinery cloud link TEXT` takes it back, and then only what is new is sent.\nWith --for-good it is taken out of the room, and only a cloud peer with a new key can be linked: for one that nobody trusts any more.'
    )
    .argument('[cloud]', 'name or id of the cloud peer, when there are several', '')
    .option('--for-good', 'never let it in again')
    .option('--yes', 'do not ask')
    .action(async (named: string, options: { forGood?: boolean; yes?: boolean }, command: Command) => {
      const forGood = options.forGood === true
      if (forGood) {
        const text = 'The cloud peer gets nothing more of this room and cannot come back. What it has, it keeps.'
        await context.confirm(text, 'unlink', options.yes)
      }
      const gone = await context.withOperations(command, { offline: true }, (operations) =>
        operations.cloudUnlink({ cloud: named, forGood })
      )
      context.show(gone, () =>
        forGood
          ? `${printable(gone.name)} was taken out of the room.`
          : `${printable(gone.name)} gets nothing more. \`joinery cloud link TEXT\` takes it back.`
      )
    })

  cloud
    .command('rooms')
    .summary('on the cloud peer: the rooms that are kept there')
    .action(async (_options: object, command: Command) => {
      const rooms = await context.withOperations(command, { offline: false }, (operations) => operations.cloudRooms())
      context.show(rooms, () => roomsText(rooms))
    })
}

interface BudgetOptions {
  bytes?: number
  minutes?: number
}

function statusText(one: CloudPeerStatus): string {
  const rows = [
    ['Notes and facts', changesText(one)],
    ['Commits', one.leftRepositories > 0 ? `${left(one.leftRepositories, 'repository', 'repositories')}` : there(one)],
    ['Files', filesText(one)],
    ['For this device', one.wantedHereBytes > 0 ? `${bytesText(one.wantedHereBytes)} still to come` : 'all here'],
    ['Internet used', budgetText(one)]
  ]
  const lines = rows.map(([what = '', text]) => `  ${what.padEnd(17)}${text}`)
  const head = `${printable(one.name)} (${one.addresses.map(printable).join(', ')})\n  ${stateText(one)}`
  // Before anybody was there, nothing is known of what it has.
  return one.state === 'open' || one.state === 'refused' ? head : [head, ...lines].join('\n')
}

function stateText(one: CloudPeerStatus): string {
  if (one.full) return 'Its disk is full: it takes nothing more. Ask its administrator. (CLOUD_FULL)'
  const broke =
    one.breaks === 0 ? '' : ` The line broke ${countText(one.breaks, 'time', 'times')}; it goes on where it was.`
  switch (one.state) {
    case 'linked':
      return `${isAllThere(one) ? 'Connected, and all of the room is there.' : 'Connected.'}${broke}`
    case 'away':
      if (one.awayMs === undefined) return 'Not in reach just now; it goes on by itself.'
      return one.awayMs < BRIEF_MS
        ? `The line broke ${Math.max(1, Math.round(one.awayMs / 1000))} s ago (${countText(one.breaks, 'time', 'times')} so far); it goes on by itself where it was.`
        : `Not in reach for ${durationText(one.awayMs)}; it goes on by itself.`
    case 'refused': {
      const code = one.code ?? 'CLOUD_LINK_REFUSED'
      return `It does not take the room. ${new JoineryError(code, '').next} (${code})`
    }
    case 'open':
      return 'No device has reached it yet; it goes on by itself as soon as there is internet.'
  }
}

const MINUTE_MS = 60_000
/** A line that is away for less is one that breaks and comes back. */
const BRIEF_MS = 60_000

function isAllThere({ journalDone, leftFiles, leftRepositories }: CloudPeerStatus): boolean {
  return journalDone && leftFiles === 0 && leftRepositories === 0
}

function changesText({ leftChanges }: CloudPeerStatus): string {
  if (leftChanges === undefined) return 'not compared yet since this device was started'
  return leftChanges === 0 ? 'all there' : left(leftChanges, 'change', 'changes')
}

/** Until it was asked, nobody knows. */
function there({ leftChanges }: CloudPeerStatus): string {
  return leftChanges === undefined ? 'not known yet' : 'all there'
}

function left(count: number, one: string, many: string): string {
  return `${countText(count, one, many)} still to go`
}

function filesText(one: CloudPeerStatus): string {
  const { heldFiles, arrivedBytes, leftFiles, leftBytes, bytesPerSecond } = one
  if (leftFiles === 0) return `all there: ${countText(heldFiles, 'file', 'files')}, ${bytesText(arrivedBytes)}`
  const wholeBytes = arrivedBytes + leftBytes
  const percent = Math.floor((100 * arrivedBytes) / Math.max(1, wholeBytes))
  const done = `${heldFiles} of ${countText(heldFiles + leftFiles, 'file', 'files')}, ${bytesText(arrivedBytes)} of ${bytesText(wholeBytes)} (${percent} %)`
  if (one.budgetSpent) return `${done}; they wait, the limit is used up`
  if (one.state === 'away') return done
  if (leftWaits(one)) return `${done}; they come after notes and commits`
  const pace = bytesPerSecond > 0 ? `, ${bytesText(bytesPerSecond)}/s from this device` : ''
  const time = one.remainingMs === undefined ? '' : `, about ${durationText(one.remainingMs)} left`
  return `${done}${pace}${time}`
}

function leftWaits({ state, journalDone, leftRepositories, bytesPerSecond }: CloudPeerStatus): boolean {
  return state === 'linked' && bytesPerSecond === 0 && (!journalDone || leftRepositories > 0)
}

function budgetText(one: CloudPeerStatus): string {
  const used = `${bytesText(one.usedBytes)} of files in ${durationText(one.usedMinutes * MINUTE_MS)} by this device`
  const limits = [
    ...(one.budgetBytes === null ? [] : [bytesText(one.budgetBytes)]),
    ...(one.budgetMinutes === null ? [] : [`${one.budgetMinutes} min`])
  ]
  if (limits.length === 0) return `${used}; no limit`
  return `${used}, at most ${limits.join(' and ')}${one.budgetSpent ? ': files wait (`joinery cloud budget`)' : ''}`
}

function roomsText(rooms: readonly CloudRoomStatus[]): string {
  if (rooms.length === 0) return 'No room is kept here yet: `joinery cloud invite` makes a link text.'
  const rows = rooms.map((one) => [
    one.name,
    one.unlinked ? 'unlinked' : one.open ? 'open' : 'closed',
    String(one.devices),
    bytesText(one.diskBytes),
    one.missingFiles > 0 ? `${one.missingFiles} (${bytesText(one.missingBytes)})` : '-',
    one.id
  ])
  return table([['ROOM', 'STATE', 'DEVICES', 'ON DISK', 'FILES TO COME', 'ID'], ...rows])
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
    throw new InvalidArgumentError('a whole number from 1')
  return count
}

function parseSize(text: string): number {
  const setting = settingNamed('capacity')
  try {
    return Number(setting.parse(setting.fromText(text)))
  } catch {
    throw new InvalidArgumentError('a size such as "2 GB"')
  }
}
