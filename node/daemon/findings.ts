/** What is wrong and what to do about it: for `joinery doctor`, for the status and the pages. */
import { JoineryError } from '../../protocols/errors.ts'
import type { Finding } from '../control/operations.ts'
import { USUAL_PORTS } from '../http/listen.ts'
import { portOwner } from '../platform/port-owner.ts'
import type { Standing } from '../room/index.ts'
import { FOLDERS } from './device.ts'
import { portFinding } from './port-finding.ts'
import type { RoomRuntime } from './room-runtime.ts'
import type { RoomSlot } from './room-slot.ts'

/** Below this the next import or note may fail. */
const LOW_DISK_BYTES = 500 * 2 ** 20
/** No device of ours was made before; a clock that says so is not set. */
const FIRST_SENSIBLE_YEAR = 2024

export async function* findingsOf(slot: RoomSlot): AsyncGenerator<Finding> {
  yield* identityFindings(slot)
  yield* roomFindings(slot)
  yield* networkFindings(slot)
  yield* await portFindings(slot)
  yield* distrustFindings(slot)
  yield* await diskFindings(slot)
  yield* gitFindings(slot)
  yield* clockFindings(slot)
  yield* recoveredFindings(slot)
}

export async function problemsOf(slot: RoomSlot): Promise<{ code: string; text: string; next: string }[]> {
  const problems: { code: string; text: string; next: string }[] = []
  for await (const { level, code, text, next = '' } of findingsOf(slot)) {
    if (level === 'problem') problems.push({ code, text, next })
  }
  return problems
}

function* identityFindings({ device }: RoomSlot): Generator<Finding> {
  const { moved } = device.identity
  if (moved) {
    yield {
      level: 'problem',
      code: 'CARD_MOVED',
      text: moved.explanation,
      next: 'Join again with `joinery join INVITATION`; files that are here already are not copied again.'
    }
  }
}

function* cloudFindings({ uplink, membership }: RoomRuntime): Generator<Finding> {
  for (const { node, state, code } of uplink.clouds.list()) {
    const name = membership.view().members.get(node)?.name || node.slice(-8)
    const said = uplink.states.last(node)
    if (state === 'refused' && code !== undefined) {
      const { next } = new JoineryError(code, '')
      yield { level: 'problem', code, text: 'The cloud peer does not take this room.', next }
    } else if (said && (said.full || !said.journalOpen)) {
      const { next } = new JoineryError('CLOUD_FULL', '')
      yield {
        level: 'problem',
        code: 'CLOUD_FULL',
        text: `The cloud peer ${name} has no room left for all of it.`,
        next
      }
    }
  }
}

function* roomFindings(slot: RoomSlot): Generator<Finding> {
  const { current } = slot
  if (!current) {
    yield {
      level: 'warning',
      code: 'NO_ROOM',
      text: 'This device belongs to no room yet.',
      next: '`joinery init` makes a room, `joinery join INVITATION` joins one.'
    }
    return
  }
  const { journal, membership } = current
  switch (standingOf(current)) {
    case 'removed':
      yield {
        level: 'problem',
        code: 'REMOVED_FROM_ROOM',
        text: 'This device was taken out of the room.',
        next: '`joinery leave`, then join again with a new invitation.'
      }
      break
    case 'unwelcome':
      yield {
        level: 'problem',
        code: 'INVITATION_USED_UP',
        text: 'The invitation that this device came with has served all its devices already, or was taken back.',
        next: 'Ask for a new invitation and use `joinery join`.'
      }
      break
    case 'waiting':
      yield {
        level: 'warning',
        code: 'NOT_SEEN_YET',
        text: 'No device of the room has let this one in yet.',
        next: 'Bring it near another device of the room, on the same cable or Wi-Fi.'
      }
      break
    case 'member':
      yield {
        level: 'ok',
        code: 'MEMBER',
        text: `This device is in the room ${membership.view().roomName ?? current.room.name}.`
      }
  }
  yield* cloudFindings(current)
  for (const fork of journal.forks()) {
    const name = membership.view().members.get(fork.node)?.name ?? fork.node.slice(-8)
    yield {
      level: 'problem',
      code: 'CARD_COPIED',
      text: `Two devices spoke as ${name}: its card was copied while it ran. Everything that both said is kept.`,
      next: 'Switch one of the two off, and delete its data folder before it is used again.'
    }
  }
  if (!journal.mayDecide()) {
    yield {
      level: 'problem',
      code: 'UPDATE_NEEDED',
      text: 'Another device wrote something that this program does not understand.',
      next: 'Update Joinery on this device. Until then it serves, but lets nobody in and deletes nothing.'
    }
  }
  const state = journal.state()
  if (state === 'full' || state === 'read-only') {
    yield {
      level: 'problem',
      code: state === 'full' ? 'DISK_FULL' : 'DISK_FAILED',
      text:
        state === 'full'
          ? 'The disk is full: nothing new is written.'
          : 'The disk failed to store something: nothing new is written.',
      next:
        state === 'full'
          ? 'Make room, then start the device again.'
          : 'Start the device again; if it happens again, replace the card.'
    }
  }
}

/** A device that is not let in hears nothing of the room's record: what it was told at the door counts until then. */
function standingOf({ membership, refusals }: RoomRuntime): Standing {
  const standing = membership.standing()
  if (standing !== 'waiting') return standing
  const codes = [...refusals.values()]
  const refused = codes.includes('INVITATION_USED_UP') || codes.includes('INVITATION_REVOKED')
  return refused ? 'unwelcome' : 'waiting'
}

/** One that sends wrong bytes has a bad card or a changed program; its bytes are never used. */
export function* distrustFindings({ current }: Pick<RoomSlot, 'current'>): Generator<Finding> {
  for (const peer of current?.blobs.distrusted() ?? []) {
    const name = current?.membership.view().members.get(peer)?.name ?? peer.slice(-8)
    yield {
      level: 'problem',
      code: 'DEVICE_SENT_WRONG_BYTES',
      text: `${name} sent bytes that are not those of the file. They were thrown away.`,
      next: `Run \`joinery verify\` on ${name}; if it happens again, replace its card.`
    }
  }
}

function* networkFindings(slot: RoomSlot): Generator<Finding> {
  const { current, mesh } = slot
  if (!mesh) return
  for (const [node, where] of current?.clones ?? []) {
    yield {
      level: 'problem',
      code: 'CARD_COPIED',
      text: `Two running devices have the key of ${current?.membership.view().members.get(node)?.name ?? node.slice(-8)} (${where}): a card was copied.`,
      next: 'Switch the copy off and delete its data folder: it makes a key of its own and joins as a new device.'
    }
  }
  for (const { code, text } of mesh.discovery().advice) yield { level: 'problem', code, text }
  const linked = mesh.links().length
  const others = current?.membership.policy.members().length ?? 0
  yield {
    level: linked === 0 && others > 0 ? 'warning' : 'ok',
    code: 'LINKS',
    text: `${linked} of ${others} other devices are connected.`,
    ...(linked === 0 && others > 0
      ? { next: 'Check cables and Wi-Fi; on networks that keep devices apart use `--static ADDRESS`.' }
      : {})
  }
}

/** Only where port 80 would have been taken by itself. */
async function portFindings({ device, httpPort }: RoomSlot): Promise<Finding[]> {
  const usual = USUAL_PORTS[0] as number
  if (httpPort === undefined || httpPort === usual || device.config.httpPort !== undefined) return []
  return [portFinding(httpPort, (await portOwner(usual))?.program)]
}

async function diskFindings({ device, current }: RoomSlot): Promise<Finding[]> {
  const { config, disk } = device
  const free = await disk.freeBytes(config.dataDirectory)
  const found: Finding[] = []
  if (current?.blobs.store.readOnly) {
    found.push({
      level: 'problem',
      code: 'DISK_FAILED',
      text: `Files in ${FOLDERS.blobs(config)} cannot be written: the disk failed to store one.`,
      next: 'Start the device again; if it happens again, replace the card.'
    })
  }
  if (current) found.push(...(await shareFindings(current)))
  const megabytes = Math.floor(free / 2 ** 20)
  found.push(
    free < LOW_DISK_BYTES
      ? {
          level: 'problem',
          code: 'DISK_NEARLY_FULL',
          text: `Only ${megabytes} MB of the disk are free.`,
          next: 'Delete what is not needed, run `joinery gc`, or use a bigger card.'
        }
      : { level: 'ok', code: 'DISK', text: `${megabytes} MB of the disk are free.` }
  )
  return found
}

/** What comes already has its place. */
export async function shareFindings({ blobs }: Pick<RoomRuntime, 'blobs'>): Promise<Finding[]> {
  const { missingBytes, freeBytes } = await blobs.status()
  let coming = 0
  for (const { ref } of blobs.store.partials()) coming += ref.sizeBytes
  const lacking = missingBytes - coming - freeBytes
  if (lacking <= 0) return []
  return [
    {
      level: 'warning',
      code: 'SHARE_DOES_NOT_FIT',
      text: `The room wants ${Math.ceil(lacking / 2 ** 20)} MB more on this device than fit. It serves them all the same, as long as another device has them.`,
      next: 'Offer more of the disk with `joinery config set capacity`, use a bigger card, or add a device.'
    }
  ]
}

function* gitFindings({ current }: RoomSlot): Generator<Finding> {
  const git = current?.git
  if (git instanceof JoineryError) {
    yield {
      level: 'warning',
      code: git.code,
      text: `People cannot use repositories here: ${git.message}.`,
      next: git.next
    }
    return
  }
  for (const { owner, name } of git?.untidy() ?? []) {
    const { code, next } = new JoineryError('REPOSITORY_UNTIDY', '')
    const path = `${current?.people.person(owner)?.name ?? owner}/${name}`
    yield { level: 'warning', code, text: `Git cannot tidy the repository ${path} on this device.`, next }
  }
}

/** Whoever holds a card can have a code from it; the room has to hear of it. */
export function* recoveredFindings({ current }: Pick<RoomSlot, 'current'>): Generator<Finding> {
  for (const { person, node } of current?.people.recovered() ?? []) {
    const device = current?.membership.view().members.get(node)?.name || node.slice(-8)
    yield {
      level: 'warning',
      code: 'CODE_RECOVERED',
      text: `The code of ${person.name} was renewed from the card of ${device}.`,
      next: `If that was ${person.name}: take another code on the page /me, since this one stands on the card. If not: say that ${device} was stolen, on its page in /room, and give ${person.name} a new code on /people.`
    }
  }
}

function* clockFindings({ device, current }: RoomSlot): Generator<Finding> {
  const year = new Date((current?.roomClock ?? device.clock).wallMs()).getUTCFullYear()
  if (year >= FIRST_SENSIBLE_YEAR) return
  yield {
    level: 'warning',
    code: 'CLOCK_WRONG',
    text: `The clock of this device says ${year}. Nothing breaks, but times that are shown are wrong.`,
    next: 'Set the time on the page /room of any device, or connect this one to the internet for a minute.'
  }
}
