import { type Command, Option } from 'commander'
import { JoineryError } from '../../protocols/errors.ts'
import type { Config } from '../config/config.ts'
import { settingNamed } from '../config/settings.ts'
import type { NearbyRoom, Operations } from '../control/operations.ts'
import type { CommandContext } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { firstFacilitatorText } from './person.ts'
import { countText, printable } from './printable.ts'

interface StartOptions {
  join?: string
  newRoom?: string
  ask?: boolean
  withoutRoom?: boolean
  port?: string
  meshPort?: string
  sshPort?: string
  name?: string
  role?: string
  capacity?: string
  static?: string[]
  accessPoint?: string[]
  hostName?: string[]
  discovery: boolean
  logLevel?: string
}

export function addStart(program: Command, context: CommandContext): void {
  program
    .command('start')
    .summary('run this device')
    .description(
      'Runs this device until Ctrl-C: it finds the others of its room, copies what the class needs, and serves it.\nPrints one line with the address when it is ready.'
    )
    .option(
      '--join <invitation>',
      'join the room of this invitation first; nothing happens when it is in that room already'
    )
    .option('--new-room <name>', 'make a new room first; nothing happens when the device has one')
    .option('--ask', 'ask a room nearby to let this device in; shows a code to compare')
    .option('--without-room', 'run also while it belongs to no room: it waits to join one')
    .option('--port <number>', 'port of the pages (standard: 80, or 8080)')
    .option('--mesh-port <number>', 'port on which devices talk to each other; 0 = any')
    .option('--ssh-port <number>', 'port of git over SSH; 0 = none')
    .option('--name <name>', 'name of this device')
    .option('--role <role>', 'node, laptop or cloud')
    .option('--capacity <size>', 'disk to offer, such as "20 GB"')
    .option('--static <address...>', 'devices to look for that are not nearby: host:port')
    .option('--access-point <address...>', 'addresses of this device on its own Wi-Fi')
    .option('--host-name <name...>', 'other names under which people open the pages')
    .option('--no-discovery', 'do not look for devices nearby')
    .addOption(new Option('--log-level <level>', 'silent, error, warn, info or debug'))
    .addHelpText(
      'after',
      `
Examples:
  joinery start                          the first time it asks: a new room, or join one
  joinery start --join JOINERY:…            a further device, with what \`joinery invite\` printed
  joinery start --data /media/usb/room   everything on a USB disk`
    )
    .action(async (options: StartOptions, command: Command) => await start(context, options, command))
}

async function start(context: CommandContext, options: StartOptions, command: Command): Promise<void> {
  const { config } = await context.load(command, flagsOf(options))
  const enter = await chooseEntrance(context, config, options)
  const daemon = await context.program.startDaemon(config)
  try {
    await enter(daemon.operations)
    context.show({ address: daemon.address }, () => `Joinery is ready: ${daemon.address}`)
    await aborted(context.signal)
  } finally {
    await daemon.stop()
  }
  context.exitCode = EXIT.ok
}

/** How a device without a room gets one; decided before anything is started, done once it runs. */
async function chooseEntrance(
  context: CommandContext,
  config: Config,
  options: StartOptions
): Promise<(operations: Operations) => Promise<void>> {
  const { join, newRoom } = options
  if (join !== undefined && newRoom !== undefined)
    throw new JoineryError('USAGE', '--join and --new-room exclude each other')
  if (join !== undefined) return async (operations) => void (await operations.join({ invitation: join }))
  if (await context.program.hasRoom(config)) return async () => undefined
  if (newRoom !== undefined) return (operations) => makeRoom(context, operations, newRoom)
  if (options.withoutRoom) return async () => undefined
  if (options.ask) return (operations) => askRoomNearby(context, operations)
  if (!context.terminal.interactive)
    throw new JoineryError('NO_ROOM', `the data folder ${config.dataDirectory} belongs to no room yet`)
  context.say(`This device belongs to no room yet. What should it do?
  1  make a new room
  2  join a room nearby
  3  join with an invitation`)
  for (;;) {
    const choice = (await context.ask('1, 2 or 3: ')).trim()
    if (choice === '1') {
      const name = (await context.ask('Name of the room, such as "Library workshop": ')).trim()
      return (operations) => makeRoom(context, operations, name)
    }
    if (choice === '2') return (operations) => askRoomNearby(context, operations)
    if (choice === '3') {
      const invitation = (await context.ask('Paste the invitation: ')).trim()
      return async (operations) => void (await operations.join({ invitation }))
    }
  }
}

async function makeRoom(context: CommandContext, operations: Operations, name: string): Promise<void> {
  const { facilitator } = await operations.createRoom({ name })
  if (!facilitator) return
  // What a service prints is kept in a log, where no code belongs.
  if (context.terminal.errorsAreTerminal) context.warn(firstFacilitatorText(facilitator))
  else
    context.warn(
      `The facilitator's account: \`joinery person code ${printable(facilitator.name)}\` makes a code for it.`
    )
}

/** Rooms announce themselves every second or so at first; a busy Wi-Fi loses some of it. */
const NEARBY_WAIT_MS = 5_000

/** @param wanted name of the room, or the beginning of its id */
export async function askRoomNearby(context: CommandContext, operations: Operations, wanted?: string): Promise<void> {
  context.warn('Looking for rooms nearby…')
  const found = await operations.nearbyRooms({ waitMs: NEARBY_WAIT_MS }, context.signal)
  const nameOf = (one: NearbyRoom): string => printable(one.name ?? one.roomId.slice(0, 8))
  const rooms = found.filter((one) => wanted === undefined || one.name === wanted || one.roomId.startsWith(wanted))
  const [first] = rooms
  if (!first)
    throw new JoineryError(
      'NO_ROOM',
      found.length === 0
        ? 'no room was found nearby'
        : `no room nearby is called so; there are: ${found.map(nameOf).join(', ')}`
    )
  let room = first
  if (rooms.length > 1) {
    if (!context.terminal.interactive)
      throw new JoineryError(
        'NO_ROOM',
        `there are several rooms nearby, choose with \`joinery join --room NAME\`: ${rooms.map(nameOf).join(', ')}`
      )
    for (const [i, one] of rooms.entries())
      context.warn(`  ${i + 1}  ${nameOf(one)} (${countText(one.devices.length, 'device', 'devices')})`)
    const chosen = rooms[Number((await context.ask('Which one? ')).trim()) - 1]
    if (!chosen) throw new JoineryError('USAGE', 'that is none of them')
    room = chosen
  }
  let codes = 0
  for await (const step of operations.askToJoin({ roomId: room.roomId }, context.signal)) {
    if (step.kind === 'asking') context.warn(`Asking ${nameOf(room)} to be let in…`)
    else if (step.kind === 'code') {
      const code = context.style('bold', step.code.replace(/^(\d{3})/, '$1 '))
      context.warn(
        codes++ === 0
          ? `Code: ${code}\nIn the room, compare it with the code there and type: joinery approve`
          : `Or, where another device of the room is used: ${code}`
      )
    } else context.warn(`Joined ${printable(step.name)}.`)
  }
}

function flagsOf(options: StartOptions): Partial<Config> {
  const flags: Partial<Config> = {}
  const put = (name: string, text: string | undefined): void => {
    if (text === undefined) return
    const setting = settingNamed(name)
    Object.assign(flags, { [setting.key]: setting.parse(setting.fromText(text)) })
  }
  put('port', options.port)
  put('mesh_port', options.meshPort)
  put('ssh_port', options.sshPort)
  put('name', options.name)
  put('role', options.role)
  put('capacity', options.capacity)
  put('static_addresses', options.static?.join(','))
  put('access_point_addresses', options.accessPoint?.join(','))
  put('host_names', options.hostName?.join(','))
  put('log_level', options.logLevel)
  if (!options.discovery) flags.discovery = false
  return flags
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
